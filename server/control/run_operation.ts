/** Runs an operation on a data folder: in the server that runs there, or else in this process. */
import { getLogger } from "@logtape/logtape";
import type { Random } from "../../shared/crypto/random.ts";
import { takeDataFolder } from "../data_folder.ts";
import type { Limits } from "../limits/limits.ts";
import { Metrics } from "../metrics/metrics.ts";
import { openStored } from "../services.ts";
import { RunningTime } from "../upkeep/running_time.ts";
import { connectControl } from "./control_place.ts";
import type { ControlAnswer, ControlRequest } from "./control_server.ts";
import { readJsonLines, writeJsonLine } from "./json_lines.ts";
import { type ArgsOf, operate, type OperationName, type ResultOf } from "./operations.ts";

/** The folder of a server, and how a server on it is reached. */
export interface ServerPlace {
  readonly data: string;
  readonly os: string;
}

export interface OperatorContext extends ServerPlace {
  readonly limits: Readonly<Limits>;
  readonly clock: () => number;
  readonly now: () => number;
  readonly random: Random;
}

/** @throws {Error} if there is no such folder, or the operation fails; its message says why */
export async function runOperation<N extends OperationName>(
  name: N,
  args: ArgsOf<N>,
  context: OperatorContext,
): Promise<ResultOf<N>> {
  using folder = await takeDataFolder(context.data);
  if (!folder) return await ask(name, args, context);
  const { data } = context;
  const log = getLogger("messaging-server");
  const time = new RunningTime(context);
  const stored = await openStored(data, {
    ...context,
    now: time.read,
    upgrade: false,
    log,
    metrics: new Metrics(),
  });
  try {
    const stopTime = await time.start({ ...stored, log });
    const { limits, random } = context;
    const parts = { ...stored, limits, random, now: time.read };
    const result = await operate(name, parts, args, () => {});
    await stopTime();
    return result;
  } finally {
    await stored.files.close();
    await stored.storage.close();
  }
}

/** Asks the server that runs on the folder; `onGoesOn` is called while the operation goes on. */
export async function ask<N extends OperationName>(
  operation: N,
  args: ArgsOf<N>,
  { data, os }: ServerPlace,
  onGoesOn: () => void = () => {},
): Promise<ResultOf<N>> {
  const { conn, secret } = await connectControl(data, { os }).catch((error) => {
    throw new Error(
      `a server runs on the folder ${data}, and takes no orders: ${error.message}. If it is not ` +
        "just starting or stopping, restart it",
    );
  });
  using _conn = conn;
  await writeJsonLine(conn, { operation, args, secret } satisfies ControlRequest);
  for await (const value of readJsonLines(conn)) {
    const answer = value as ControlAnswer;
    if ("goesOn" in answer) onGoesOn();
    else if ("error" in answer) throw new Error(answer.error);
    else return answer.result as ResultOf<N>;
  }
  throw new Error("the server has stopped before it answered");
}

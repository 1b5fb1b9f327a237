/** What the command daemon does: it has the profile open for others, or leads to who has. */
import { connectionDuplex, duplexPair } from "../daemon/duplex.ts";
import { FINISH } from "../daemon/rpc_peer.ts";
import { ClientError } from "../errors.ts";
import { watchMessages } from "../tui/link/message_watch.ts";
import { rpcLink } from "../tui/link/rpc_link.ts";
import type { ClientContext } from "./command.ts";
import { connectionNotes } from "./connection_notes.ts";
import { connectEngine } from "./engine/front_end.ts";
import type { Notifying } from "./terminal/notifying.ts";
import { standardStreams } from "./terminal/terminal.ts";

/** How often to look whether anybody is there, in milliseconds, and at least so often a time. */
const LOOK = 5_000;
const LOOKS = 10;

/** The arguments of the command daemon. */
export interface DaemonArgs extends Notifying {
  readonly stdio: boolean;
  /** Milliseconds. */
  readonly idle?: number;
}

/** Serves until it is told to end, is idle for too long, or standard input ends. */
export async function serve({ stdio, idle }: DaemonArgs, context: ClientContext): Promise<void> {
  const { client, engine, hear, note, profile, stoppable } = context;
  if (!engine) throw new TypeError("a daemon runs in the process of its engine");
  using _notes = connectionNotes(client.events, note);
  if (hear) {
    const [here, there] = duplexPair();
    engine.serve(there);
    await watchMessages(rpcLink(here), hear);
  }
  const own = engine.count;
  engine.follow();
  note(`Ready: ${profile.folder}/engine.json says where it listens.`);
  await stoppable(async (signal) => {
    const ends: Promise<unknown>[] = [engine.ended];
    if (stdio) ends.push(engine.serve(standardStreams(), { finish: true }).closed);
    if (idle !== undefined) ends.push(untilIdle(idle, own, context, signal));
    await Promise.race(ends);
  }).catch(unlessInterrupted);
}

/** Resolves when nobody but `own` is connected, and no file moves, for that long. */
async function untilIdle(
  limit: number,
  own: number,
  { client, engine, runtime }: ClientContext,
  signal: AbortSignal,
): Promise<void> {
  let idle = 0;
  using _listening = client.events.on(({ kind }) => {
    if (kind === "transfer") idle = 0;
  });
  const step = Math.min(LOOK, limit / LOOKS);
  while (idle < limit && !signal.aborted) {
    await runtime.sleep(step);
    idle = engine?.count === own ? idle + step : 0;
  }
}

/** Connects standard input and output to the engine of another process, if there is one. */
export async function passOn(args: DaemonArgs, folder: string): Promise<boolean> {
  const conn = await connectEngine(folder);
  if (!conn) return false;
  try {
    if (!args.stdio || args.notify !== undefined || args["on-message"] !== undefined) {
      const message = "another process serves the profile already; to end it";
      throw new ClientError("in-use", `${message}: messaging-client stop`);
    }
    const { readable, writable } = connectionDuplex(conn);
    const { readable: input, writable: output } = standardStreams();
    const saying = input.pipeThrough(endingWith(`{"jsonrpc":"2.0","method":"${FINISH}"}\n`))
      .pipeTo(writable);
    saying.catch(() => {}); // the engine has ended
    await readable.pipeTo(output);
    return true;
  } finally {
    conn.close();
  }
}

/** Passes bytes on, and then `line`, on a line of its own. */
function endingWith(line: string): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    flush: (controller) => controller.enqueue(new TextEncoder().encode(`\n${line}`)),
  });
}

function unlessInterrupted(error: unknown): void {
  if (!(error instanceof ClientError && error.code === "interrupted")) throw error;
}

import { closeAnyway, type Duplex, duplexPair } from "../../daemon/duplex.ts";
import type { OpenedClient } from "../../open_client.ts";
import type { EngineOptions } from "./engine.ts";
import { ClientError } from "../../errors.ts";
import { connectEngine } from "./front_end.ts";
import { startEngine } from "./start_engine.ts";

interface Engineless {
  /** Opens the profile. */
  readonly open: () => Promise<OpenedClient>;
  readonly options: Omit<EngineOptions, "commands">;
  readonly note: (text: string) => void;
}

/** How often a profile in use is tried; each time takes the patience of its lock, 2 seconds. */
const ATTEMPTS = 5;

/**
 * Returns what `connect` finds, or else what `open` opens. While another process has the profile,
 * both are tried again: it may be an engine that is just opening it, which a passphrase makes take
 * seconds.
 * @throws {ClientError} `in-use` in the end, and as they do
 */
export async function engineOr<E, T>(
  connect: () => Promise<E | null>,
  open: () => Promise<T>,
  note: (text: string) => void,
): Promise<{ engine: E } | { opened: T }> {
  for (let attempt = 1;; attempt++) {
    const engine = await connect();
    if (engine !== null) return { engine };
    try {
      return { opened: await open() };
    } catch (error) {
      const isInUse = error instanceof ClientError && error.code === "in-use";
      if (!isInUse || attempt === ATTEMPTS) throw error;
      if (attempt === 1) note("Waiting for another messaging-client, which has the profile ...");
    }
  }
}

/**
 * Returns a conversation with the engine of the profile in `folder`. If none runs, this process
 * becomes the engine until `stack` is disposed of, and `ended` resolves if somebody ends it.
 */
export async function engineStream(
  folder: string,
  stack: AsyncDisposableStack,
  { open, options, note }: Engineless,
): Promise<{ stream: Duplex; ended: Promise<void> }> {
  const found = await engineOr(() => connectEngine(folder), open, note);
  if ("engine" in found) {
    const conn = found.engine;
    stack.defer(() => closeAnyway(conn));
    return { stream: conn, ended: Promise.withResolvers<void>().promise };
  }
  const engine = stack.use(await startEngine(stack.use(found.opened), options));
  engine.follow();
  const [stream, there] = duplexPair();
  engine.serve(there);
  return { stream, ended: engine.ended };
}

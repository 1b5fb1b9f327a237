import { closeAnyway, type Duplex, duplexPair } from "../../daemon/duplex.ts";
import type { OpenedClient } from "../../open_client.ts";
import type { EngineOptions } from "./engine.ts";
import { engineOr } from "./engine_or.ts";
import { connectEngine } from "./front_end.ts";
import { startEngine } from "./start_engine.ts";

interface Engineless {
  /** Opens the profile. */
  readonly open: () => Promise<OpenedClient>;
  readonly options: Omit<EngineOptions, "commands">;
  readonly note: (text: string) => void;
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

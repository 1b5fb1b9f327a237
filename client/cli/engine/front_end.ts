/** Commands that the engine of the profile runs, for the terminal of this process. */
import { connectEndpoint } from "../../daemon/endpoint.ts";
import { closeAnyway, connectionDuplex } from "../../daemon/duplex.ts";
import type { Method } from "../../daemon/method.ts";
import type { Params } from "../../daemon/rpc_message.ts";
import { RpcError } from "../../daemon/rpc_error.ts";
import { RpcPeer } from "../../daemon/rpc_peer.ts";
import type { Schema } from "../../daemon/schema.ts";
import { ClientError } from "../../errors.ts";
import type { Asked } from "../command.ts";
import type { Invocation } from "../command_line.ts";
import { VERSION } from "./command_line_method.ts";
import type { Process, Terminal } from "../context.ts";
import { hasEngine } from "./has_engine.ts";
import { EXIT_INTERRUPTED } from "../output/failure.ts";
import { currentFolder } from "../terminal/terminal.ts";

/** A conversation with an engine. */
export interface EngineLink extends AsyncDisposable {
  readonly peer: RpcPeer;
}

/** Connects to the engine of the profile in `folder`; returns null if there is none. */
export async function connectEngine(
  folder: string,
): Promise<Awaited<ReturnType<typeof connectEndpoint>>> {
  if (!await hasEngine(folder)) return null;
  return await connectEndpoint(folder);
}

/**
 * Connects to the engine of the profile in `folder`; returns null if there is none. What the engine
 * may ask of this process are `methods`.
 */
export async function findEngine(
  folder: string,
  methods: readonly Method[] = [],
): Promise<EngineLink | null> {
  const conn = await connectEngine(folder);
  if (!conn) return null;
  const peer = new RpcPeer(connectionDuplex(conn), methods);
  return {
    peer,
    async [Symbol.asyncDispose]() {
      await peer.close();
      closeAnyway(conn);
    },
  };
}

/**
 * Has the engine of the profile run a command line, if there is one; returns the exit code, or null
 * without an engine.
 */
export async function runThroughEngine(
  folder: string,
  { args, invocation }: { args: readonly string[]; invocation: Invocation },
  terminal: Terminal,
  { exit }: Process,
): Promise<number | null> {
  const { command } = invocation;
  const parts = command.stops === "its parts" ? new Parts(terminal) : undefined;
  const methods = terminalMethods(
    parts?.terminal ?? terminal,
    command.asks?.(invocation.args) ?? {},
  );
  if (parts) methods.push(method("interrupt", {}, (_, { signal }) => parts.interrupted(signal)));
  await using engine = await findEngine(folder, methods);
  if (!engine) return null;
  parts?.listen(exit);
  const cancel = new AbortController();
  const { signal } = cancel;
  if (command.stops === "the command") {
    // The second one ends this process alone; then the engine stops the command.
    terminal.listenForInterrupts(() => signal.aborted ? exit(EXIT_INTERRUPTED) : cancel.abort());
  }
  let unwritten: { readonly reason: unknown } | undefined;
  const onNotification = (stream: string, { text, item }: Params) => {
    try {
      if (stream === "item") terminal.hear?.(item as Params);
      else if (stream === "out") terminal.printOut(String(text));
      else if (stream === "err") terminal.printError(String(text));
    } catch (reason) {
      unwritten ??= { reason };
      cancel.abort();
    }
  };
  const { columns, rows } = terminal.screen();
  const { outputIsTerminal: output, errorIsTerminal: error, inputIsTerminal: input } = terminal;
  const { isPlain: plain } = terminal;
  const params = {
    ...{ version: VERSION, args, folder: currentFolder() },
    ...{ output, error, input, plain, columns, rows, hear: terminal.hear !== undefined },
  };
  try {
    const result = await engine.peer.request("command-line", params, { signal, onNotification });
    if (unwritten) throw unwritten.reason;
    return (result as { exitCode: number }).exitCode;
  } catch (error) {
    if (unwritten) throw unwritten.reason;
    if (!(error instanceof RpcError && error.data?.code === "gone")) throw error;
    const message = "the engine of this profile has ended before the command was done";
    throw new ClientError("engine-ended", `${message}; run it again`);
  }
}

/**
 * Returns what an engine may ask of the process with the terminal: nothing that the command line
 * does not call for. Which file a text is in, the engine does not say.
 */
export function terminalMethods(
  terminal: Terminal,
  { text, input, answers, passphrase }: Asked,
): Method[] {
  const { printOut, ask, readText, passphrases } = terminal;
  const methods = [method("print", { text: "string" }, ({ text }) => printOut(String(text)))];
  if (text) methods.push(method("text", {}, () => readText(text)));
  if (input) methods.push(method("input", {}, inputOf(terminal)));
  if (passphrase) methods.push(method("passphrase", {}, () => passphrases.first()));
  if (answers) {
    methods.push(method("ask", { prompt: "string" }, ({ prompt }) => ask(String(prompt))));
  }
  return methods;
}

/**
 * Ctrl-C in a command that has parts, such as the menu: the first one stops the part that runs;
 * at a question, or for a part that does not stop, it ends this process.
 */
class Parts {
  /** Whether Ctrl-C stops a part: one runs, and was not stopped before. */
  #running = false;
  #stop: (() => void) | undefined;

  constructor(private readonly own: Terminal) {}

  listen(exit: Process["exit"]): void {
    this.own.listenForInterrupts(() => {
      const stops = this.#running && this.#stop !== undefined;
      this.#running = false;
      if (stops) this.#stop?.();
      else exit(EXIT_INTERRUPTED);
    });
  }

  /** The terminal, on which it is known when a question is open. */
  get terminal(): Terminal {
    const ask = async (prompt: string) => {
      this.#running = false;
      const answer = await this.own.ask(prompt);
      this.#running = true;
      return answer;
    };
    return { ...this.own, ask };
  }

  /** Resolves when a part is to stop. */
  async interrupted(signal: AbortSignal): Promise<void> {
    const stopped = Promise.withResolvers<void>();
    this.#stop = stopped.resolve;
    signal.addEventListener("abort", () => stopped.resolve());
    await stopped.promise;
  }
}

/** Returns what answers with the next piece of standard input, null at its end. */
function inputOf({ readInput }: Terminal): () => Promise<string | null> {
  let input: AsyncIterator<Uint8Array> | undefined;
  return async () => {
    input ??= readInput()[Symbol.asyncIterator]();
    const { done, value } = await input.next();
    return done ? null : value.toBase64();
  };
}

function method(
  name: string,
  types: Readonly<Record<string, Schema["type"]>>,
  run: Method["run"],
): Method {
  const params = Object.entries({ ...types, request: "integer" as const })
    .map(([name, type]) => ({ name, summary: name, schema: { type } }));
  return { name, summary: name, params, result: {}, run };
}

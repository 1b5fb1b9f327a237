import type { Call, Param } from "../../daemon/method.ts";
import type { Params } from "../../daemon/rpc_message.ts";
import type { Terminal } from "../context.ts";

/** What the process with the terminal says of it. */
export const TERMINAL_PARAMS = [
  {
    name: "folder",
    summary: "The current folder, absolute",
    required: true,
    schema: { type: "string" },
  },
  { name: "output", summary: "Whether a person sees standard output", schema: { type: "boolean" } },
  { name: "hear", summary: "Whether each result is told, too", schema: { type: "boolean" } },
  { name: "error", summary: "Whether a person sees standard error", schema: { type: "boolean" } },
  { name: "input", summary: "Whether a person types", schema: { type: "boolean" } },
  { name: "plain", summary: "Whether colours are unwanted", schema: { type: "boolean" } },
  { name: "columns", summary: "The width of the terminal", schema: { type: "integer" } },
  { name: "rows", summary: "The height of the terminal", schema: { type: "integer" } },
] as const satisfies readonly Param[];

/** The path begins at the root, of a drive too. */
const ABSOLUTE = /^(?:[/\\]|[A-Za-z]:[\\/])/;
/** The most that waits to be written to standard error; more is dropped. */
const MAX_WAITING = 1000;

/**
 * The terminal of the process that has made a call. Each notification and request has the ID of the
 * call as its `request`.
 */
export function remoteTerminal(
  call: Call,
  params: Params,
  current: () => Promise<string>,
): Terminal & { flush(): Promise<void> } {
  let waiting = 0;
  let written: Promise<void> = Promise.resolve();
  const write = (stream: "out" | "err", text: string) => {
    waiting++;
    const next = call.notify(stream, { text }).finally(() => waiting--);
    written = next.catch(() => {});
    return next;
  };
  const ask = async (method: string, more: Params = {}) => {
    const answer = await call.request(method, more);
    return typeof answer === "string" ? answer : null;
  };
  const typed = async (method: string) => await ask(method) ?? "";
  return {
    outputIsTerminal: params.output === true,
    errorIsTerminal: params.error === true,
    inputIsTerminal: params.input === true,
    isPlain: params.plain === true,
    passphrases: {
      current,
      first: () => typed("passphrase"),
      next: notHere,
      chosen: notHere,
      given: false,
    },
    screen: () => ({ columns: Number(params.columns ?? 80), rows: Number(params.rows ?? 24) }),
    async printOut(text, surely = false) {
      if (surely) await call.request("print", { text });
      else await write("out", text);
    },
    hear: params.hear === true ? (item) => void call.notify("item", { item }) : undefined,
    printError(text) {
      if (waiting < MAX_WAITING) void write("err", text).catch(() => {});
    },
    ask: (prompt) => ask("ask", { prompt }),
    readText: () => typed("text"),
    async *readInput() {
      for (let piece; (piece = await ask("input")) !== null;) yield Uint8Array.fromBase64(piece);
    },
    place: (path) => pathFrom(String(params.folder), path),
    listenForInterrupts(interrupted) {
      call.signal.addEventListener("abort", interrupted);
      if (call.signal.aborted) interrupted();
      void eachInterrupt(call, interrupted);
    },
    flush: () => written,
  };
}

/** Hears of what stops a part of the command, where that has parts; the signal stops all of it. */
async function eachInterrupt(call: Call, interrupted: () => void): Promise<void> {
  try {
    for (;;) {
      await call.request("interrupt");
      interrupted();
    }
  } catch {
    // The asker has no such parts, or has gone.
  }
}

/** An engine leaves the passphrase of its profile as it is. */
function notHere(): never {
  throw new TypeError("no engine asks for another passphrase of its profile");
}

/** Returns the absolute path of what is at `path` for whoever is in `folder`. */
export function pathFrom(folder: string, path: string): string {
  if (ABSOLUTE.test(path)) return path;
  return path === "." ? folder : `${folder}/${path}`;
}

/** Standard input, output and error of the process. */
import type { Duplex } from "../../daemon/duplex.ts";
import { ClientError } from "../../errors.ts";
import type { Screen } from "../output/trust.ts";
import { LineReader } from "./line_reader.ts";
import type { RawTerminal } from "./secret_line.ts";

/**
 * Writes to standard output; results go there, and nothing else.
 * @throws {ClientError} `output-closed` if nobody reads it any more, as after `| head`
 */
export function printOut(text: string): void {
  try {
    writeSync(Deno.stdout, text);
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    throw new ClientError("output-closed", "nobody reads the output any more", { cause: error });
  }
}
/** Writes to standard error: problems, progress, hints. They are lost where nobody reads them. */
export function printError(text: string): void {
  try {
    writeSync(Deno.stderr, text);
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

function writeSync(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
}

/** Returns all of standard input as it is: the bytes of a text, or of a file. */
export function inputBytes(what: "text" | "file"): AsyncIterable<Uint8Array> {
  if (Deno.stdin.isTerminal()) {
    printError(`Type the ${what}; end it with Ctrl-D on a line of its own.\n`);
  }
  return Deno.stdin.readable;
}

/** Returns standard input and output as they are. */
export function standardStreams(): Duplex {
  return { readable: Deno.stdin.readable, writable: Deno.stdout.writable };
}

/** Reports whether a person can type on standard input. */
export const inputIsTerminal = () => Deno.stdin.isTerminal();
/** Report whether a person sees the stream. */
export const outputIsTerminal = () => Deno.stdout.isTerminal();
export const errorIsTerminal = () => Deno.stderr.isTerminal();

/** Returns how many characters a line of the terminal has, and how many lines it has. */
export function terminalScreen(): Screen {
  try {
    const { columns, rows } = Deno.consoleSize();
    return { columns: columns || 80, rows: rows || 24 };
  } catch {
    return { columns: 80, rows: 24 }; // none of the streams that it looks at is the terminal
  }
}

/** Calls `interrupted` when the user, or the system, wants the process to end. */
export function listenForInterrupts(interrupted: () => void): void {
  const other = Deno.build.os === "windows" ? "SIGBREAK" : "SIGTERM";
  for (const signal of ["SIGINT", other] as const) Deno.addSignalListener(signal, interrupted);
}

/** Returns the terminal to type secrets on; undefined if standard input is none. */
export function rawTerminal(): RawTerminal | undefined {
  if (!Deno.stdin.isTerminal()) return undefined;
  return { setRaw: (raw) => Deno.stdin.setRaw(raw), read: readInput, write: printError };
}

/** Returns what reads standard input line by line. */
export function inputLines(): LineReader {
  return new LineReader(readInput);
}

/** Returns the next bytes of standard input; null at its end. */
async function readInput(): Promise<Uint8Array | null> {
  const buffer = new Uint8Array(1024);
  const count = await Deno.stdin.read(buffer);
  return count === null ? null : buffer.subarray(0, count);
}

/** Returns the folder that relative paths start from. */
export const currentFolder = () => Deno.cwd();

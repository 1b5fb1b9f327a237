/** Tells of messages beside showing them: by a program of the user's, or by the terminal. */
import { ClientError } from "../../errors.ts";
import { harmlessLine } from "../output/printable.ts";
import { shortened } from "../output/text_layout.ts";
import type { Way } from "./notifying.ts";

/** A message as `--json` prints it. */
export type Item = Readonly<Record<string, unknown>>;

interface NotifierOptions {
  /** A command line of the user's. */
  readonly command?: string;
  readonly way?: Way;
  /** Runs a command line with that standard input. Returns its exit code. */
  readonly run: (command: string, input: string) => Promise<number>;
  /** Writes to the terminal; undefined if nobody sees one. */
  readonly write?: (text: string) => void;
  /** Tells of what failed. */
  readonly showError: (error: unknown) => void;
}

/** More messages than this do not wait for the command; the newer ones are left out. */
const MOST_WAITING = 100;
/** Columns of a desktop notification. */
const LONGEST = 120;

export class Notifier {
  readonly #waiting: Item[] = [];
  #running: Promise<void> | null = null;
  /** What was told of already. */
  readonly #told = new Set<string>();

  constructor(private readonly options: NotifierOptions) {}

  /** Tells of a result of a command, if it is a message of someone who is not muted. */
  hear(item: Item): void {
    if (!isMessage(item)) return;
    const { write, way, command } = this.options;
    if (way !== undefined) write?.(sequenceFor(way, item));
    if (command === undefined) return;
    if (this.#waiting.length >= MOST_WAITING) {
      this.#tellOnce("is too slow: it is not run for every message");
      return;
    }
    this.#waiting.push(item);
    this.#running ??= this.#run(command);
  }

  /** Resolves when the command has been run for all messages. */
  async finish(): Promise<void> {
    await this.#running;
  }

  /** Runs the command for one message after the other. */
  async #run(command: string): Promise<void> {
    for (let item; (item = this.#waiting.shift());) {
      try {
        const code = await this.options.run(command, `${JSON.stringify(item)}\n`);
        if (code !== 0) this.#tellOnce(`ended with exit code ${code}`);
      } catch (error) {
        this.#tellOnce(`cannot be run: ${error instanceof Error ? error.message : error}`);
      }
    }
    this.#running = null;
  }

  #tellOnce(what: string): void {
    if (this.#told.has(what)) return;
    this.#told.add(what);
    this.options.showError(new ClientError("program", `the command of --on-message ${what}`));
  }
}

function isMessage({ type, muted }: Item): boolean {
  return ["text", "file", "announced"].includes(String(type)) && muted !== true;
}

/** Returns what makes a terminal tell of a message. Nothing in it is a sequence of the sender's. */
export function sequenceFor(way: Way, { from, text, name }: Item): string {
  if (way === "off") return "";
  if (way === "bell") return "\x07";
  const plain = (part: unknown) => harmlessLine(String(part ?? "")).replaceAll(";", ",");
  const who = plain((from as { name?: unknown } | undefined)?.name);
  const what = shortened(plain(text ?? name ?? "a file"), LONGEST);
  // A number in front would be a command to some terminals.
  return way === "osc9" ? `\x1b]9;From ${who}: ${what}\x07` : `\x1b]777;notify;${who};${what}\x07`;
}

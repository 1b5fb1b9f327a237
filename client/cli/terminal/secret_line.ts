import { ClientError } from "../../errors.ts";

/** The part of a terminal that this needs. */
export interface RawTerminal {
  /** Sets whether keys come as they are typed: without echo, line editing and signals. */
  setRaw(raw: boolean): void;
  /** Returns the bytes of the next keys, or null at the end of input. */
  read(): Promise<Uint8Array | null>;
  write(text: string): void;
}

/** Keys that send more than one character, such as arrows. */
// deno-lint-ignore no-control-regex
const SEQUENCE = /^\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|)/su;

/**
 * A line typed on a terminal that does not show it. The library's `promptSecret` is no substitute:
 * it writes to standard output, takes Ctrl-C for text on Windows, and a backspace removes one byte
 * of a character.
 */
export class SecretLines {
  readonly #decoder = new TextDecoder();
  /** What was typed, or pasted, ahead. */
  #ahead = "";

  constructor(private readonly terminal: RawTerminal) {}

  /**
   * Shows `question` and returns the line that is typed. Backspace removes a character, Ctrl-U all.
   * @throws {ClientError} `interrupted` after Ctrl-C, after Ctrl-D, and at the end of input
   */
  async ask(question: string): Promise<string> {
    // First of all, so that nothing of a quick answer is shown.
    this.terminal.setRaw(true);
    try {
      this.terminal.write(question);
      return await this.#line();
    } finally {
      this.terminal.setRaw(false);
      this.terminal.write("\n");
    }
  }

  async #line(): Promise<string> {
    let line: string[] = [];
    for (;;) {
      const character = await this.#next();
      switch (character) {
        case "\r":
        case "\n":
          return line.join("");
        case "\b":
        case "\x7f":
          line.pop();
          break;
        case "\x15": // Ctrl-U
          line = [];
          break;
        case null:
        case "\x03": // Ctrl-C
        case "\x04": // Ctrl-D
          throw new ClientError("interrupted", "no passphrase was entered");
        default:
          if (!/^\p{Cc}/u.test(character)) line.push(character);
      }
    }
  }

  /** Returns the next character, or sequence; null at the end of input. */
  async #next(): Promise<string | null> {
    while (this.#ahead === "") {
      const bytes = await this.terminal.read();
      if (bytes === null) return null;
      this.#ahead = this.#decoder.decode(bytes, { stream: true });
    }
    const [sequence] = SEQUENCE.exec(this.#ahead) ?? [];
    const next = sequence ?? String.fromCodePoint(this.#ahead.codePointAt(0) ?? 0);
    this.#ahead = this.#ahead.slice(next.length);
    return next;
  }
}

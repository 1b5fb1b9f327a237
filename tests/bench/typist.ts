/** A person at a terminal, who types fast and looks closely. */
import type { Pane } from "../support/tmux.ts";
import { until } from "../support/until.ts";

/** Keys of a second, in no sequence of a terminal. Two such, as one may still be on the screen. */
const KEYS = ["αβγδεζηθικλμνξοπρστυ", "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥ"];
/** Between two keys, in milliseconds; then one clears the input. */
const PAUSE = 40;
/** Between two lines, in milliseconds: 20 a second. */
const LINE_PAUSE = 50;
/** Between two looks at what a program has written, in milliseconds. */
const LOOK = 4;

const sleep = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));
const pace = (due: number) => sleep(Math.max(0, due - performance.now()));

/** What a program writes on its terminal, as it comes. */
export class Written {
  #text = "";
  #bytes = 0;
  #reading: Promise<void> | null = null;
  readonly #decoder = new TextDecoder();

  constructor(private readonly pane: Pane) {}

  get text(): string {
    return this.#text;
  }

  /** Returns the length of what was written up to now. */
  async end(): Promise<number> {
    await this.#read();
    return this.#text.length;
  }

  /** Waits until `text` is in what was written behind `from`. Returns when that was. */
  async has(text: string, from = 0): Promise<number> {
    let at = from;
    await until(`it writes ${text}`, async () => {
      await this.#read();
      if (this.#text.indexOf(text, at) >= 0) return true;
      at = Math.max(from, this.#text.length - text.length); // the rest was looked at
      return false;
    }, LOOK);
    return performance.now();
  }

  #read(): Promise<void> {
    return this.#reading ??= this.#readOn().finally(() => this.#reading = null);
  }

  async #readOn(): Promise<void> {
    const more = await this.pane.written(this.#bytes);
    this.#bytes += more.length;
    this.#text += this.#decoder.decode(more, { stream: true });
  }
}

/**
 * Types 20 keys a second while `more` says so, which is asked each second. Returns for each how
 * long it took, in milliseconds, until the input was drawn with it.
 * @throws {Error} if a key is dropped
 */
export async function typeKeys(pane: Pane, more: () => boolean): Promise<number[]> {
  const written = new Written(pane);
  const times: number[] = [];
  for (let second = 0; more(); second++) {
    const begun = performance.now();
    const echoes: Promise<number>[] = [];
    for (const [at, key] of [...KEYS[second % 2]].entries()) {
      await pace(begun + at * PAUSE);
      const from = await written.end();
      const typed = performance.now();
      await pane.type(key);
      echoes.push(written.has(key, from).then((seen) => seen - typed));
    }
    times.push(...await Promise.all(echoes));
    await pane.key("C-u");
    await pace(begun + 1000);
  }
  return times;
}

/** Types and sends 20 lines a second while `more` says so. Returns them. */
export async function typeLines(pane: Pane, more: () => boolean): Promise<string[]> {
  const lines: string[] = [];
  const begun = performance.now();
  while (more()) {
    await pace(begun + lines.length * LINE_PAUSE);
    const line = `line ${lines.length + 1} ${KEYS[0]}`;
    await pane.line(line);
    lines.push(line);
  }
  return lines;
}

/** How far a command is: a line on standard error that is written over, if that is a terminal. */
import { utf8 } from "../../shared/bytes.ts";
import { sizeText } from "../../shared/size.ts";

/** Time between two changes of the line, in milliseconds. */
const PACE = 100;

export class ProgressLine implements Disposable {
  readonly #shown = Deno.stderr.isTerminal();
  #what = "";
  #bytes = 0;
  #next = 0;

  constructor(private readonly clock: () => number) {}

  /** Tells what is done now. */
  readonly tell = (what: string): void => {
    this.#what = what;
    this.#bytes = this.#next = 0;
    this.progress(0);
  };

  /** Counts bytes that are done. */
  readonly progress = (bytes: number): void => {
    this.#bytes += bytes;
    if (this.clock() < this.#next) return;
    this.#next = this.clock() + PACE;
    this.#write(`${this.#what}: ${sizeText(this.#bytes)}`);
  };

  /** Clears the line. */
  [Symbol.dispose](): void {
    this.#write("");
  }

  #write(text: string): void {
    if (this.#shown) Deno.stderr.writeSync(utf8(`\r\x1b[K${text}`));
  }
}

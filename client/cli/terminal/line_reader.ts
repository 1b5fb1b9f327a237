/** Reads lines one at a time, and never ahead of them: what follows may be for someone else. */
export class LineReader {
  readonly #decoder = new TextDecoder();
  #ahead = "";
  #ended = false;

  /** `read` returns the next bytes; null at the end of input. */
  constructor(private readonly read: () => Promise<Uint8Array | null>) {}

  /** Returns the next line without its end; null at the end of input. */
  async next(): Promise<string | null> {
    for (;;) {
      const end = this.#ahead.indexOf("\n");
      if (end !== -1) return this.#take(end);
      if (this.#ended) return this.#ahead === "" ? null : this.#take(this.#ahead.length);
      const bytes = await this.read();
      this.#ended = bytes === null;
      this.#ahead += this.#decoder.decode(bytes ?? undefined, { stream: bytes !== null });
    }
  }

  #take(end: number): string {
    const line = this.#ahead.slice(0, end);
    this.#ahead = this.#ahead.slice(end + 1);
    return line.replace(/\r$/, "");
  }
}

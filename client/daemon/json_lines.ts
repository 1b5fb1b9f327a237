/** Lines of UTF-8 over a stream of bytes: bounded when they are read, and when they wait. */
import { concatAll } from "../../shared/bytes.ts";
import { MiB } from "../../shared/limits.ts";

/** The longest line, in bytes without its end. */
export const MAX_LINE = 64 * MiB;
/** How much may wait for a reader beside the last line, in bytes. */
export const MAX_QUEUED = 16 * MiB;
/** Who can wait adds nothing while more than this waits, in bytes. */
const ROOM = 256 * 1024;
const LINE_FEED = 10;

/** A line that is longer than {@link MAX_LINE}. */
export class LineTooLong extends Error {
  override name = "LineTooLong";
  constructor() {
    super(`a line has more than ${MAX_LINE / MiB} MiB`);
  }
}

/** Yields the lines of `readable`; the last one needs no end. @throws {LineTooLong} */
export async function* readLines(
  readable: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let size = 0;
  const add = (part: Uint8Array) => {
    size += part.length;
    if (size > MAX_LINE) throw new LineTooLong();
    parts.push(part);
  };
  for await (const chunk of readable) {
    let start = 0;
    for (let end; (end = chunk.indexOf(LINE_FEED, start)) >= 0; start = end + 1) {
      add(chunk.subarray(start, end));
      yield concatAll(parts);
      parts = [];
      size = 0;
    }
    if (start < chunk.length) add(chunk.slice(start));
  }
  if (size > 0) yield concatAll(parts);
}

/** Writes lines. What the other side does not read yet waits here, up to a limit. */
export class LineWriter {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  /** Bytes that wait to be written. */
  #queued = 0;
  #waiting: (() => void)[] = [];
  readonly #over = Promise.withResolvers<void>();
  #broken = false;

  /** `broken` is called once, when nothing can be written any more. */
  constructor(writable: WritableStream<Uint8Array>, private readonly broken: () => void) {
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => this.#break());
  }

  /** Adds a line. If too much waits already, the reader is given up. */
  write(line: string): void {
    if (this.#broken) return;
    if (this.#queued > MAX_QUEUED) {
      this.abort();
      return;
    }
    const bytes = new TextEncoder().encode(`${line}\n`);
    this.#queued += bytes.length;
    const written = () => {
      this.#queued -= bytes.length;
      if (this.#queued <= ROOM) this.#wake();
    };
    this.#writer.write(bytes).then(written, () => this.#break());
  }

  /** Resolves when little waits to be written, or nothing can be. */
  async room(): Promise<void> {
    while (this.#queued > ROOM && !this.#broken) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Resolves when all is written and the stream is at its end, or nothing can be written. */
  async end(): Promise<void> {
    await Promise.race([this.#writer.close().catch(() => {}), this.#over.promise]);
  }

  /** Drops what waits. What is being written ends with the stream itself. */
  abort(): void {
    this.#break();
    this.#writer.abort().catch(() => {});
  }

  #break(): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#over.resolve();
    this.#wake();
    this.broken();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

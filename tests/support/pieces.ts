/** Bytes that come in pieces: sample bytes, ways to cut them, a source and a stream of them. */
import { type Bytes, concat } from "../../shared/bytes.ts";
import type { ByteSource, ChunkedSource } from "../../shared/io.ts";

/** `size` bytes that look random and are the same in every run (xorshift32). */
export function sampleBytes(size: number, seed = 1): Bytes {
  const bytes = new Uint8Array(size);
  let state = seed;
  for (let i = 0; i < size; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}

/** Cuts `bytes` into pieces of the `sizes`, over and over. */
export function cut(bytes: Bytes, sizes: number[]): Bytes[] {
  const pieces: Bytes[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length];
    pieces.push(bytes.slice(at, at + size));
    at += size;
  }
  return pieces;
}

/** Returns its pieces one by one, never two in one read. */
export class PieceSource implements ByteSource {
  /** The memory that each read was given, in order. */
  readonly reads: Uint8Array[] = [];
  #pieces: Uint8Array[];

  /** Where `failure` is given, it is thrown at the end, every time. */
  constructor(pieces: Uint8Array[], private readonly failure?: Error) {
    this.#pieces = [...pieces];
  }

  read(into: Uint8Array): Promise<number | null> {
    this.reads.push(into);
    const piece = this.#pieces.shift();
    if (!piece) return this.failure ? Promise.reject(this.failure) : Promise.resolve(null);
    const count = Math.min(piece.length, into.length);
    into.set(piece.subarray(0, count));
    if (count < piece.length) this.#pieces.unshift(piece.subarray(count));
    return Promise.resolve(count);
  }
}

/** Gives its pieces away one by one, or parts of them. */
export class GivingSource extends PieceSource implements ChunkedSource {
  async next(): Promise<Bytes | null> {
    const into = new Uint8Array(2 ** 16);
    const count = await this.read(into);
    return count === null ? null : into.slice(0, count);
  }
}

/** Returns what the test says when the test says so. */
export class ManualSource implements ByteSource {
  /** Reads that were started. */
  reads = 0;
  #waiting: { into: Uint8Array; answer: PromiseWithResolvers<number | null> }[] = [];

  read(into: Uint8Array): Promise<number | null> {
    this.reads++;
    const answer = Promise.withResolvers<number | null>();
    this.#waiting.push({ into, answer });
    return answer.promise;
  }

  /** Answers the oldest read, and waits until its caller has continued. */
  async give(bytes: Uint8Array | null): Promise<void> {
    const { into, answer } = this.#next();
    if (bytes) into.set(bytes);
    answer.resolve(bytes && bytes.length);
    await settled();
  }

  /** Lets the oldest read fail. */
  async fail(error: unknown): Promise<void> {
    this.#next().answer.reject(error);
    await settled();
  }

  #next() {
    const next = this.#waiting.shift();
    if (!next) throw new Error("nobody reads");
    return next;
  }
}

/** Waits until everything that can go on without new events has done so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** All that comes out of `transform` when the `pieces` go in. */
export async function through(
  pieces: Uint8Array[],
  transform: TransformStream<Uint8Array, Uint8Array>,
): Promise<Bytes> {
  const out: Uint8Array[] = [];
  for await (const piece of ReadableStream.from(pieces).pipeThrough(transform)) out.push(piece);
  return concat(...out);
}

import { type Bytes, concatAll } from "../../shared/bytes.ts";
import type { Hold } from "../limits/memory_pool.ts";

/** An answer that is ready: its frame, or what writes it where that takes more than one write. */
export type Ready = Bytes | (() => Promise<void>);

/** The place of one answer, from when its request is read until it is written. */
export interface Place {
  /** Bytes that it counts as. */
  readonly size: number;
  /** The memory that it needs until then. */
  readonly hold: Hold;
  answer: Ready | null;
}

/**
 * The answers of one secure session: under way side by side, written in the order of requests.
 * Counts what is under way, so that a session can bound it.
 *
 * Answers that become ready together, as after a commit, leave in one frame write. None waits for
 * that where it is the only one under way.
 */
export class Answers {
  /** The places of the answers that were not handed to the channel, in the order of requests. */
  #waiting: Place[] = [];
  /** Answers that were not written yet, and bytes that they hold in memory. */
  #count = 0;
  #size = 0;
  #flushing = false;
  #onWritten = () => {};

  /**
   * @param write writes whole frames; it keeps the order of its calls, and of those in which an
   * answer that is no frame writes itself
   * @param onFailure is told when an answer cannot be written
   */
  constructor(
    private readonly write: (frames: Bytes) => Promise<void>,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Keeps a place behind all others. Until its answer is written it counts as `size` bytes. */
  add(size: number, hold: Hold): Place {
    const place: Place = { size, hold, answer: null };
    this.#waiting.push(place);
    this.#count++;
    this.#size += size;
    return place;
  }

  /** Has `answer` written as soon as all before it were handed to the channel. */
  ready(place: Place, answer: Ready): void {
    place.answer = answer;
    if (this.#flushing || place !== this.#waiting[0]) return;
    if (this.#waiting.length === 1) return this.#flush();
    this.#flushing = true;
    // After those that the same event has made ready.
    queueMicrotask(() => this.#flush());
  }

  /** Removes the place of an answer that will never be ready. */
  drop(place: Place): void {
    this.#waiting = this.#waiting.filter((other) => other !== place);
    this.#leave([place]);
    this.#flush();
  }

  /** Reports whether no more than `count` answers of `size` bytes in all are under way. */
  fit(count: number, size = Infinity): boolean {
    return this.#count <= count && this.#size <= size;
  }

  /** Waits until that is so. */
  async until(count: number, size = Infinity): Promise<void> {
    while (!this.fit(count, size)) {
      await new Promise<void>((resolve) => this.#onWritten = resolve);
    }
  }

  #flush(): void {
    this.#flushing = false;
    while (this.#waiting[0]?.answer) {
      const frames: Bytes[] = [];
      for (const { answer } of this.#waiting) {
        if (!(answer instanceof Uint8Array)) break;
        frames.push(answer);
      }
      const places = this.#waiting.splice(0, Math.max(1, frames.length));
      const [{ answer }] = places;
      const written = answer instanceof Uint8Array
        ? this.write(frames.length === 1 ? answer : concatAll(frames))
        : answer!();
      written.catch(this.onFailure).then(() => this.#leave(places));
    }
  }

  #leave(places: readonly Place[]): void {
    for (const { size, hold } of places) {
      hold.release();
      this.#count--;
      this.#size -= size;
    }
    this.#onWritten();
  }
}

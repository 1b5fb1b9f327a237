/** Whole frames onto one channel, from several writers at a time, in the order of their calls. */
import type { ByteSink } from "../../shared/io.ts";

export class FrameWriter {
  /** Whether a frame is being written piece by piece. */
  #exclusive = false;
  /** What waits until that is over. */
  #queue: (() => void)[] = [];

  /** `sink` must keep the order of writes that are issued side by side, as a channel does. */
  constructor(private readonly sink: ByteSink) {}

  /** Writes one whole frame, together with others that are written at the same time. */
  write(frame: Uint8Array): Promise<void> {
    return this.#inOrder(() => this.sink.write(frame));
  }

  /** Keeps other frames out while `write` writes one piece by piece. */
  exclusive(write: (sink: ByteSink) => Promise<void>): Promise<void> {
    return this.#inOrder(async () => {
      this.#exclusive = true;
      try {
        await write(this.sink);
      } finally {
        this.#exclusive = false;
        // All at once, so that no later write overtakes a waiting one.
        while (!this.#exclusive) {
          const next = this.#queue.shift();
          if (!next) break;
          next();
        }
      }
    });
  }

  #inOrder(write: () => Promise<void>): Promise<void> {
    if (!this.#exclusive) return write();
    return new Promise((resolve, reject) => {
      this.#queue.push(() => write().then(resolve, reject));
    });
  }
}

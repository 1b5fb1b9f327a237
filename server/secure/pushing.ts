/** Sends a subscriber its messages: those that wait, then each as it comes. */
import { type Bytes, concat, concatAll } from "../../shared/bytes.ts";
import { StorageError } from "../../shared/errors.ts";
import { MiB } from "../../shared/limits.ts";
import { ResponseCode, SECURE_VERSION } from "../../shared/protocol/codes.ts";
import {
  encodeMessageHead,
  encodeResponseHeader,
  MESSAGE_HEAD_SIZE,
} from "../../shared/protocol/response.ts";
import { copyBlob } from "../wire/delivery.ts";
import type { FrameWriter } from "../wire/frame_writer.ts";
import type { Services } from "../services.ts";
import type { StoredMessage } from "../storage/storage.ts";

/** Messages, and bytes of them, that are looked up at a time. */
const STEP_COUNT = 256;
const STEP_SIZE = 1 * MiB;

export class Pushing {
  /** Rejects where a message cannot be sent; resolves after {@link stop}, between two frames. */
  readonly done: Promise<void>;
  readonly #mailbox: Bytes;
  readonly #writer: FrameWriter;
  readonly #services: Services;
  readonly #unwatch: () => void;
  #news = Promise.withResolvers<void>();
  #stopped = false;

  constructor(mailbox: Bytes, writer: FrameWriter, services: Services) {
    this.#mailbox = mailbox;
    this.#writer = writer;
    this.#services = services;
    this.#unwatch = services.storage.watch(mailbox, () => this.#news.resolve());
    this.done = this.#run();
  }

  stop(): void {
    this.#stopped = true;
    this.#unwatch();
    this.#news.resolve();
  }

  async #run(): Promise<void> {
    for (let after = 0; !this.#stopped;) {
      // Renewed before looking: what comes from now on is news.
      this.#news = Promise.withResolvers();
      const messages = await this.#next(after);
      if (messages.length === 0) await this.#news.promise;
      await this.#push(messages);
      after = messages.at(-1)?.messageId ?? after;
    }
  }

  async #next(after: number): Promise<StoredMessage[]> {
    let size = 0;
    let count = 0;
    return await this.#services.storage.waiting(this.#mailbox, after, (message) => {
      if (count === STEP_COUNT || count > 0 && size + message.size > STEP_SIZE) return false;
      size += message.size;
      count++;
      return true;
    });
  }

  /** Sends `messages` in order; small ones that follow each other travel together. */
  async #push(messages: readonly StoredMessage[]): Promise<void> {
    let together: Bytes[] = [];
    const flush = async () => {
      if (together.length > 0) await this.#writer.write(concatAll(together));
      together = [];
    };
    for (const message of messages) {
      if (this.#stopped) return;
      if (message.blob === undefined) {
        const frame = await this.#frame(message);
        if (frame) together.push(frame);
      } else {
        await flush();
        await this.#pushBlob(message, message.blob);
      }
    }
    await flush();
  }

  /** The whole frame of `message`, or null where it was acknowledged meanwhile. */
  async #frame(message: StoredMessage): Promise<Bytes | null> {
    let content: Bytes;
    try {
      content = await this.#services.storage.content(this.#mailbox, message.messageId);
    } catch (error) {
      if (error instanceof StorageError && error.code === "unknown-message") return null;
      throw error;
    }
    return concat(headerOf(message), encodeMessageHead(message), content);
  }

  async #pushBlob(message: StoredMessage, name: string): Promise<void> {
    using blob = await this.#services.blobs.openWhole(name, message.size);
    if (!blob) return await this.#reportLost(message, name);
    await this.#writer.exclusive(async (sink) => {
      await sink.write(concat(headerOf(message), encodeMessageHead(message)));
      await copyBlob(blob, message.size, sink);
    });
  }

  /** Whoever has two connections may acknowledge on one what the other is about to send. */
  async #reportLost({ messageId }: StoredMessage, blob: string): Promise<void> {
    const { storage, log } = this.#services;
    let left = 1;
    const [first] = await storage.waiting(this.#mailbox, messageId - 1, () => left-- > 0);
    if (first?.messageId !== messageId) return;
    log.error("A message stays: its file {blob} is damaged or gone", { blob });
  }
}

function headerOf({ size }: StoredMessage): Bytes {
  const header = { version: SECURE_VERSION, code: ResponseCode.push };
  return encodeResponseHeader({ ...header, size: MESSAGE_HEAD_SIZE + size });
}

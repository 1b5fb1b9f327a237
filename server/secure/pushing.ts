/**
 * Sends a subscriber its messages: those that wait, then each as it comes. Tells it when its
 * one-time prekeys run low, and when the server stops.
 */
import { type Bytes, concat, concatAll, toHex } from "../../shared/bytes.ts";
import { KiB, MAX_INLINE_SIZE } from "../../shared/limits.ts";
import { push } from "../../shared/protocol/secure/messages.ts";
import { encodeSecureResponse } from "../../shared/protocol/secure/responses.ts";
import { SECURE_VERSION } from "../../shared/protocol/codes.ts";
import { encodeResponseHeader } from "../../shared/protocol/frame.ts";
import { encodeMessageHead, MESSAGE_HEAD_SIZE } from "../../shared/protocol/message.ts";
import { logUnreadable, withoutContent } from "../handlers/messages.ts";
import { copyBlob } from "../wire/delivery.ts";
import { REQUEST_MEMORY, STREAM_MEMORY } from "../wire/memory.ts";
import { chargeAnswer } from "../wire/pace.ts";
import type { FrameWriter } from "../wire/frame_writer.ts";
import type { MemoryHolder } from "../limits/slow_holders.ts";
import type { Services } from "../services.ts";
import type { FullMessage } from "../storage/messages.ts";

/** What is read of the mailbox at a time. */
const STEP = { count: 256, size: 128 * KiB };
/** The page, and its bytes on their way. One message may be larger than a step: a blob is not. */
const STEP_MEMORY = 2 * (STEP.size + MAX_INLINE_SIZE);
/** How long it waits at most before it looks again whether it may go on, in milliseconds. */
const PAUSE = 1_000;

export class Pushing {
  /** Rejects if a message cannot be sent; resolves after {@link stop}, between two frames. */
  readonly done: Promise<void>;
  readonly #mailbox: Bytes;
  readonly #writer: FrameWriter;
  readonly #services: Services;
  #news = Promise.withResolvers<void>();
  #prekeysLow = false;
  #stopped = false;
  /** When the subscriber should come back, in milliseconds; null if it is not told. */
  #retryAfter: number | null = null;

  constructor(
    mailbox: Bytes,
    writer: FrameWriter,
    services: Services,
    private readonly memory: MemoryHolder,
  ) {
    this.#mailbox = mailbox;
    this.#writer = writer;
    this.#services = services;
    this.done = this.#run();
  }

  /** Ends the pushes. Tells the subscriber to come back after that many milliseconds, if any. */
  stop(retryAfter: number | null = null): void {
    this.#stopped = true;
    this.#retryAfter ??= retryAfter;
    this.#news.resolve();
  }

  async #run(): Promise<void> {
    const { storage } = this.#services;
    await using watches = new AsyncDisposableStack();
    watches.defer(await storage.watch(this.#mailbox, () => this.#news.resolve()));
    watches.defer(
      await storage.prekeys.watch(this.#mailbox, () => {
        this.#prekeysLow = true;
        this.#news.resolve();
      }),
    );
    for (let after = 0; !this.#stopped;) {
      await this.#pace();
      // Renewed before looking: what comes from now on is news.
      this.#news = Promise.withResolvers();
      if (this.#prekeysLow) {
        this.#prekeysLow = false;
        await this.#writer.write(encodeSecureResponse({ kind: "prekeys-low" }));
      }
      const next = await this.#pushPage(after);
      if (next === after) await this.#news.promise;
      after = next;
    }
    const retryAfter = this.#retryAfter;
    if (retryAfter === null) return;
    await this.#writer.write(encodeSecureResponse({ kind: "stopping", retryAfter }));
  }

  /** Waits until the subscriber has paid for what it got, on whatever connection. */
  async #pace(): Promise<void> {
    const { bytes } = this.#services.rates;
    for (let wait; !this.#stopped && (wait = bytes.take(toHex(this.#mailbox), 0)) > 0;) {
      this.#news = Promise.withResolvers(); // also resolved at the end
      const timer = setTimeout(this.#news.resolve, Math.min(wait, PAUSE));
      await this.#news.promise;
      clearTimeout(timer);
    }
  }

  /** Sends some of the messages behind number `after`; returns the number of the last one. */
  async #pushPage(after: number): Promise<number> {
    const { storage, memory } = this.#services;
    const hold = await memory.pages.take(this.memory, STEP_MEMORY);
    try {
      const messages = await storage.page(this.#mailbox, after, STEP);
      const size = messages.reduce((sum, message) => sum + neededFor(message), 0);
      hold.shrinkTo(size);
      const content = messages.reduce((sum, message) => sum + message.size, 0);
      chargeAnswer(toHex(this.#mailbox), content, this.#services.rates);
      await this.#push(messages);
      return messages.at(-1)?.messageId ?? after;
    } finally {
      hold.release();
    }
  }

  /** Sends `messages` in order; small ones that follow each other travel together. */
  async #push(messages: readonly FullMessage[]): Promise<void> {
    let together: Bytes[] = [];
    const flush = async () => {
      if (together.length > 0) await this.#writer.write(concatAll(together));
      together = [];
    };
    for (const message of messages) {
      if (this.#stopped) return;
      if ("inline" in message) {
        together.push(headOf(message), message.inline);
      } else {
        await flush();
        await this.#pushBlob(message, message.blob);
      }
    }
    await flush();
  }

  async #pushBlob(message: FullMessage, name: string): Promise<void> {
    using blob = await this.#services.blobs.openWhole(name, message.size);
    if (!blob) return await this.#pushLost(message, name);
    await this.#writer.exclusive(async (sink) => {
      await sink.write(headOf(message));
      await copyBlob(blob, message.size, sink);
    });
  }

  async #pushLost(message: FullMessage, blob: string): Promise<void> {
    if (await this.#services.blobs.has(blob, message.size)) {
      return logUnreadable(blob, this.#services); // that may pass
    }
    for (const lost of await withoutContent(message, blob, this.#mailbox, this.#services)) {
      await this.#writer.write(headOf(lost));
    }
  }
}

/** Returns the memory that a message takes on its way. */
function neededFor(message: FullMessage): number {
  return "inline" in message ? REQUEST_MEMORY + 2 * message.size : STREAM_MEMORY;
}

/** The bytes of a pushed message before its content. */
function headOf(message: FullMessage): Bytes {
  const size = MESSAGE_HEAD_SIZE + message.size;
  const header = { version: SECURE_VERSION, code: push.code, size };
  return concat(encodeResponseHeader(header), encodeMessageHead(message));
}

/**
 * Sends a subscriber its messages: those that wait, then each as it comes. Tells it when its
 * one-time prekeys run low, and when the server stops.
 */
import { type Bytes, toHex } from "../../shared/bytes.ts";
import { Writer } from "../../shared/cursor.ts";
import { KiB, MAX_INLINE_SIZE } from "../../shared/limits.ts";
import { push } from "../../shared/protocol/secure/messages.ts";
import { encodeSecureResponse } from "../../shared/protocol/secure/responses.ts";
import { SECURE_VERSION } from "../../shared/protocol/codes.ts";
import { RESPONSE_HEADER_SIZE } from "../../shared/protocol/frame.ts";
import { MESSAGE_HEAD_SIZE, messageHead } from "../../shared/protocol/message.ts";
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
  /** Its ID in hex. */
  readonly #key: string;
  readonly #writer: FrameWriter;
  readonly #services: Services;
  #news = Promise.withResolvers<void>();
  /** Messages that come next, handed over by who has put them into the mailbox. */
  #handed: FullMessage[] = [];
  /** Bytes of their contents. */
  #handedSize = 0;
  /** The number of the message that may be handed over; null while something else comes before. */
  #next: number | null = null;
  /** Whether there may be messages in the mailbox that were not handed over. */
  #behind = true;
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
    this.#key = toHex(mailbox);
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
    watches.defer(await storage.watch(this.#mailbox, (message) => this.#note(message)));
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
        this.#letGo();
        await this.#writer.write(encodeSecureResponse({ kind: "prekeys-low" }));
      }
      if (this.#behind || this.#handed.length > 0) {
        after = await this.#pushSome(after);
      } else if (!this.#stopped) {
        this.#next = after + 1;
        await this.#news.promise;
        this.#next = null;
      }
    }
    const retryAfter = this.#retryAfter;
    if (retryAfter === null) return;
    await this.#writer.write(encodeSecureResponse({ kind: "stopping", retryAfter }));
  }

  /**
   * Hears of a message in the mailbox. The one that comes next is taken as it is, so that it is not
   * read again; for all others the mailbox is looked at.
   */
  #note(message?: FullMessage): void {
    const { messageId = 0 } = message ?? {};
    if (this.#next !== null && message && messageId < this.#next) return; // it was read before
    const room = this.#handed.length < STEP.count && this.#handedSize < STEP.size;
    if (room && messageId === this.#next && message && "inline" in message) {
      this.#handed.push(message);
      this.#handedSize += message.size;
      this.#next++;
    } else this.#behind = true;
    this.#news.resolve();
  }

  /** Waits until the subscriber has paid for what it got, on whatever connection. */
  async #pace(): Promise<void> {
    const { bytes } = this.#services.rates;
    for (let wait; !this.#stopped && (wait = bytes.take(this.#key, 0)) > 0;) {
      this.#letGo();
      this.#news = Promise.withResolvers(); // also resolved at the end
      const timer = setTimeout(this.#news.resolve, Math.min(wait, PAUSE));
      await this.#news.promise;
      clearTimeout(timer);
    }
  }

  /** Sends some of the messages behind number `after`; returns the number of the last one. */
  async #pushSome(after: number): Promise<number> {
    const { memory } = this.#services;
    const taken = memory.pages.take(this.memory, STEP_MEMORY);
    if (taken instanceof Promise) this.#letGo();
    const hold = taken instanceof Promise ? await taken : taken;
    try {
      const handed = this.#takeHanded();
      const messages = handed.length > 0 ? handed : await this.#page(after);
      hold.shrinkTo(messages.reduce((sum, message) => sum + neededFor(message), 0));
      const content = messages.reduce((sum, message) => sum + message.size, 0);
      chargeAnswer(this.#key, content, this.#services.rates);
      await this.#push(messages);
      return messages.at(-1)?.messageId ?? after;
    } finally {
      hold.release();
    }
  }

  #takeHanded(): FullMessage[] {
    const handed = this.#handed;
    this.#handed = [];
    this.#handedSize = 0;
    return handed;
  }

  /** Forgets what was handed over before a wait, lest it stays in memory: it is read later. */
  #letGo(): void {
    if (this.#takeHanded().length > 0) this.#behind = true;
  }

  /** Reads some of the messages behind number `after`. */
  async #page(after: number): Promise<FullMessage[]> {
    this.#behind = false;
    const messages = await this.#services.storage.page(this.#mailbox, after, STEP);
    if (messages.length > 0) this.#behind = true;
    return messages;
  }

  /** Sends `messages` in order; small ones that follow each other travel together. */
  async #push(messages: readonly FullMessage[]): Promise<void> {
    let together: (FullMessage & { inline: Bytes })[] = [];
    const flush = async () => {
      if (together.length > 0) await this.#writer.write(framesOf(together));
      together = [];
    };
    for (const message of messages) {
      if (this.#stopped) return;
      if ("inline" in message) {
        together.push(message);
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

/** Bytes of a push before its content. */
const HEAD_SIZE = RESPONSE_HEADER_SIZE + MESSAGE_HEAD_SIZE;

/** The bytes of a pushed message before its content. */
function headOf(message: FullMessage): Bytes {
  const writer = new Writer(HEAD_SIZE);
  putHead(writer, message);
  return writer.done();
}

/** The bytes of pushed messages. */
function framesOf(messages: readonly (FullMessage & { inline: Bytes })[]): Bytes {
  const writer = new Writer(messages.reduce((sum, { size }) => sum + HEAD_SIZE + size, 0));
  for (const message of messages) {
    putHead(writer, message);
    writer.bytes(message.inline);
  }
  return writer.done();
}

function putHead(writer: Writer, message: FullMessage): void {
  writer.u8(SECURE_VERSION).u16(push.code).u32(MESSAGE_HEAD_SIZE + message.size);
  messageHead.write(writer, message);
}

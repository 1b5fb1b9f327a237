/** Messages as a response; at most one step of it is in memory. */
import type { Bytes } from "../../shared/bytes.ts";
import { StorageError } from "../../shared/errors.ts";
import type { ByteSink, ByteSource } from "../../shared/io.ts";
import { KiB } from "../../shared/limits.ts";
import { encodeMessageHead, MESSAGE_HEAD_SIZE } from "../../shared/protocol/message.ts";
import { messages as messagesResponse } from "../../shared/protocol/secure/messages.ts";
import type { Services } from "../services.ts";
import type { FullMessage, StoredMessage } from "../storage/messages.ts";
import type { Storage } from "../storage/storage.ts";
import type { Streamed } from "./handler.ts";

/** Bytes that move from the disk to the socket in one step. */
const STEP = 256 * KiB;
/** Messages whose contents are read at a time. */
const STEP_COUNT = 256;

/** Returns the response that holds `messages` of one mailbox. */
export function delivery(
  mailbox: Bytes,
  messages: readonly StoredMessage[],
  { storage, blobs }: Services,
): Streamed {
  const size = messages.reduce((sum, message) => sum + MESSAGE_HEAD_SIZE + message.size, 0);
  return {
    kind: "streamed",
    code: messagesResponse.code,
    size,
    async write(header, sink) {
      const output = new Joiner(sink, Math.min(STEP, header.length + size));
      const contents = new Contents(mailbox, storage);
      await output.write(header);
      for (const message of messages) {
        await output.write(encodeMessageHead(message));
        if (message.blob !== undefined) {
          await output.flush();
          using blob = await blobs.open(message.blob);
          await copyBlob(blob, message.size, sink);
        } else if (message.size > 0) {
          await output.write(await contents.of(message));
        }
      }
      await output.flush();
    },
  };
}

/** The contents of messages that are asked for in the order of their IDs, read page by page. */
class Contents {
  #page: FullMessage[] = [];
  #at = 0;

  constructor(private readonly mailbox: Bytes, private readonly storage: Storage) {}

  /** @throws {StorageError} `unknown-message` if it is gone */
  async of({ messageId }: StoredMessage): Promise<Bytes> {
    while (this.#page[this.#at]?.messageId < messageId) this.#at++;
    if (this.#page[this.#at]?.messageId !== messageId) {
      const room = { count: STEP_COUNT, size: STEP };
      this.#page = await this.storage.page(this.mailbox, messageId - 1, room);
      this.#at = 0;
    }
    const found = this.#page[this.#at];
    if (found?.messageId === messageId && "inline" in found) return found.inline;
    throw new StorageError("unknown-message", `message ${messageId} is not there`);
  }
}

/** Moves `size` bytes; the next step is read while the one before is written. */
export async function copyBlob(blob: ByteSource, size: number, sink: ByteSink): Promise<void> {
  const step = Math.min(STEP, size);
  const buffers = [new Uint8Array(step), new Uint8Array(step)];
  let left = size;
  let writing: Promise<void> = Promise.resolve();
  try {
    for (let turn = 0; left > 0; turn = 1 - turn) {
      const count = await blob.read(buffers[turn].subarray(0, Math.min(step, left)));
      if (count === null) throw new StorageError("failed", "a file ended early");
      left -= count;
      await writing;
      writing = sink.write(buffers[turn].subarray(0, count));
      writing.catch(() => {}); // awaited in the next step, or below
    }
  } finally {
    await writing;
  }
}

/** Joins small pieces, so that not each costs a write. */
class Joiner {
  readonly #sink: ByteSink;
  readonly #buffer: Bytes;
  #used = 0;

  constructor(sink: ByteSink, size: number) {
    this.#sink = sink;
    this.#buffer = new Uint8Array(size);
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#used + bytes.length > this.#buffer.length) await this.flush();
    if (bytes.length > this.#buffer.length) return await this.#sink.write(bytes);
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  async flush(): Promise<void> {
    if (this.#used === 0) return;
    const used = this.#used;
    this.#used = 0;
    await this.#sink.write(this.#buffer.subarray(0, used));
  }
}

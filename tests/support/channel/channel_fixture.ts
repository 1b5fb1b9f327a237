/** For the tests of channels: byte streams in memory, channels over them, and records. */
import { setImmediate } from "node:timers";
import { type Bytes, concatAll, utf8 } from "../../../shared/bytes.ts";
import { Channel } from "../../../shared/channel/channel.ts";
import { CipherState } from "../../../shared/channel/cipher_state.ts";
import { Handshake, type HandshakeResult } from "../../../shared/channel/handshake.ts";
import { NX } from "../../../shared/channel/patterns.ts";
import { putRecord, RECORD_HEADER_SIZE } from "../../../shared/channel/record.ts";
import { RecordReader } from "../../../shared/channel/record_reader.ts";
import { TAG_SIZE } from "../../../shared/crypto/chacha20_poly1305.ts";
import { X25519KeyPair } from "../../../shared/crypto/x25519.ts";
import type { ByteSink, ByteSource } from "../../../shared/io.ts";
import { nextTurn } from "../../../shared/sleep.ts";
import { assert } from "../assert.ts";
import { sampleBytes } from "../pieces.ts";

const serverKey = X25519KeyPair.generate();

/** What both parties of one NX handshake are left with: the client, then the server. */
export function handshake(): [HandshakeResult, HandshakeResult] {
  const prologue = utf8("test");
  const both = { pattern: NX, prologue };
  const client = new Handshake({ ...both, initiator: true });
  const server = new Handshake({ ...both, initiator: false, staticKey: serverKey });
  server.readMessage(client.writeMessage());
  client.readMessage(server.writeMessage());
  return [client.finish(), server.finish()];
}

/** One direction in memory. Each write waits until it was read; `end` ends the reader's stream. */
export class Pipe implements ByteSource, ByteSink {
  #piece: Uint8Array | null = null;
  #written: (() => void) | null = null;
  #wake: (() => void) | null = null;
  #ended = false;

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#piece === null) {
      if (this.#ended) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const part = this.#piece.subarray(0, into.length);
    into.set(part);
    this.#piece = this.#piece.subarray(part.length);
    if (this.#piece.length === 0) {
      this.#piece = null;
      this.#written?.();
    }
    return part.length;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#piece !== null) throw new TypeError("a write waits already");
    this.#piece = bytes;
    this.#wake?.();
    await new Promise<void>((resolve) => this.#written = resolve);
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }
}

/** Two channels, each the other's other side: the client's, then the server's. */
export function channels(): [Channel, Channel] {
  const [client, server] = handshake();
  const [up, down] = [new Pipe(), new Pipe()];
  return [new Channel(client, down, up), new Channel(server, up, down)];
}

/** Keeps copies of all that is written. */
export class Recorder implements ByteSink {
  readonly writes: Bytes[] = [];

  get bytes(): Bytes {
    return concatAll(this.writes);
  }

  /** How many records these are. */
  get recordCount(): number {
    const { bytes } = this;
    let count = 0;
    for (let at = 0; at < bytes.length; count++) {
      at += RECORD_HEADER_SIZE + (bytes[at] << 8 | bytes[at + 1]);
    }
    return count;
  }

  write(bytes: Uint8Array): Promise<void> {
    this.writes.push(bytes.slice() as Bytes);
    return Promise.resolve();
  }
}

/** A source of `bytes` in pieces of at most `size` (or as `size` says each time), then its end. */
export function source(bytes: Uint8Array, size: number | (() => number) = Infinity): ByteSource {
  let at = 0;
  return {
    read(into) {
      if (at === bytes.length) return Promise.resolve(null);
      const most = typeof size === "number" ? size : size();
      const part = bytes.subarray(at, at + Math.min(most, into.length));
      into.set(part);
      at += part.length;
      return Promise.resolve(part.length);
    },
  };
}

/** A sink that nobody writes to. */
export const noSink: ByteSink = {
  write: () => Promise.reject(new TypeError("nothing was to be written")),
};

/** A source that never brings anything. */
export const silentSource: ByteSource = { read: () => new Promise(() => {}) };

/** `size` bytes that look random, of which more begin with the same. */
export function sample(size: number): Bytes {
  return sampleBytes(size);
}

/** Counts the messages that it encrypts or decrypts. */
export class CountingCipher extends CipherState {
  count = 0;

  override encrypt(...message: Parameters<CipherState["encrypt"]>): Bytes {
    this.count++;
    return super.encrypt(...message);
  }

  override encryptInto(plaintext: Uint8Array, into: Uint8Array): number {
    this.count++;
    return super.encryptInto(plaintext, into);
  }

  override decrypt(...message: Parameters<CipherState["decrypt"]>): Bytes {
    this.count++;
    return super.decrypt(...message);
  }
}

/** The two ends of one direction, under a key that is always the same. */
export function cipherPair(counter = 0): [CountingCipher, CountingCipher] {
  const key = new Uint8Array(32).fill(0x42);
  return [new CountingCipher(key, counter), new CountingCipher(key, counter)];
}

/** The next whole record of `cipher`. */
export function sealRecord(cipher: CipherState, content: Uint8Array): Bytes {
  const record = new Uint8Array(RECORD_HEADER_SIZE + content.length + TAG_SIZE);
  assert(putRecord(cipher, content, record, 0) === record.length);
  return record;
}

/** The records of `contents` one by one, the first of that key; the empty content is the end. */
export function records(contents: Uint8Array[], counter = 0): Bytes[] {
  const [cipher] = cipherPair(counter);
  return contents.map((content) => sealRecord(cipher, content));
}

/** Runs `work`. Returns how often other events had their turn meanwhile. */
export async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let over = false;
  const count = () => {
    if (over) return;
    turns++;
    setImmediate(count);
  };
  setImmediate(count);
  await work();
  over = true;
  await nextTurn();
  return turns;
}

/** A reader of what {@link records} returns. */
export function recordReader(from: ByteSource, counter = 0): RecordReader {
  return new RecordReader(from, cipherPair(counter)[1], new Uint8Array(0), () => {});
}

/** Reads until the end or a failure. Returns what came before, and which of the two it was. */
export async function readOut(
  from: ByteSource,
  bufferSize: number,
): Promise<{ content: Bytes; failure: unknown }> {
  const parts: Bytes[] = [];
  const buffer = new Uint8Array(bufferSize);
  try {
    for (;;) {
      buffer.fill(0xee);
      const count = await from.read(buffer);
      assert(buffer.subarray(count ?? 0).every((byte) => byte === 0xee), "more than promised");
      if (count === null) return { content: concatAll(parts), failure: null };
      parts.push(buffer.slice(0, count));
    }
  } catch (failure) {
    assert(buffer.every((byte) => byte === 0xee), "content beside a failure");
    return { content: concatAll(parts), failure };
  }
}

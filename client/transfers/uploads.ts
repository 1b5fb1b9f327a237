import { TAG_SIZE } from "../../shared/crypto/chacha20_poly1305.ts";
import { CHUNK_SIZE, FileCipher, sealedFileSize } from "../../shared/crypto/file_chunks.ts";
import { sleep } from "../../shared/sleep.ts";
import { ClientError } from "../errors.ts";
import { ChunkMemory } from "./chunk_memory.ts";
import { awaitedLater, unlessInterrupted } from "./interrupt.ts";
import type { Profile } from "../profile/profile.ts";
import type { Direction, Transfer } from "../profile/tables/transfers.ts";
import { fullFor, refusalName, retryAfter } from "../network/failures.ts";
import { changedSource, SourceFile } from "./transfer_files.ts";
import type { SecureTransport } from "../network/transport.ts";

/** Chunks that are on their way at a time. */
const UNDER_WAY = 6;
/** Chunks after which it is noted how far it is, for those who look meanwhile. */
const NOTE_STEP = 16;
/** Attempts in a row that bring nothing. */
const ATTEMPTS = 4;
/**
 * Longest pause that the transport keeps by itself when the server asks for one, in milliseconds.
 */
const LONGEST_PAUSE = 30_000;

/** A file in chunks while it moves. */
export interface MovingFile {
  /** The number of its transfer. */
  readonly number: number;
  readonly name: string;
  readonly direction: Direction;
}

/** Called with the bytes of a file that have moved so far, its size, and what is known of it. */
export type OnProgress = (done: number, size: number, file?: MovingFile) => void;

/** How a transfer is watched, and stopped. */
export interface TransferOptions {
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/**
 * Sending the chunks of a file (`shared/PROTOCOL.md`, "Secure: files"): from the first one that the
 * server lacks, several at a time. The same chunk is never encrypted with different bytes: a source
 * that is not what it was fails.
 */
export class Uploads {
  constructor(private readonly profile: Profile, private readonly transport: SecureTransport) {}

  /**
   * Brings the whole file to the server, for its receiver.
   * @throws {ClientError} `changed` if the source is not what it was; `file`, `interrupted`, and
   * what the network may do: then it can go on later
   */
  async upload(transfer: Transfer, options: TransferOptions): Promise<void> {
    const { path, size, changed, key, blob, peer } = transfer;
    if (path === null) throw new RangeError("an upload has a source");
    using source = await SourceFile.open(path);
    if (source.facts.size !== size || source.facts.changed !== changed) throw changedSource(path);
    const { signal } = options;
    using cipher = new FileCipher(key, size);
    let failure: unknown;
    let furthest = -1;
    for (let vain = 0; vain < ATTEMPTS;) {
      const opening = { kind: "open-upload", blob, size: sealedFileSize(size) } as const;
      const { next } = await unlessInterrupted(signal, this.transport.request(opening));
      if (next > cipher.count) throw new ClientError("bad-response", "the server has too much");
      vain = next > furthest ? 0 : vain + 1;
      furthest = Math.max(furthest, next);
      this.#note(transfer.number, next, cipher);
      try {
        if (next < cipher.count) {
          // What lies behind a chunk that the server has lost is there.
          const end = transfer.state === "done" ? next + 1 : cipher.count;
          await this.#send(transfer, cipher, source, { first: next, end }, options);
          if (end < cipher.count) continue;
        }
        const sharing = this.transport.request({ kind: "share", blob, receivers: [peer] });
        await unlessInterrupted(signal, sharing);
        return;
      } catch (error) {
        if (!mayGoOn(error)) throw error;
        const tooFast = refusalName(error) === "rate-limited";
        if (tooFast) await unlessInterrupted(signal, sleep(retryAfter(error)));
        failure = error;
      }
    }
    throw failure;
  }

  /** Sends the chunks from number `first` to before `end`. */
  async #send(
    transfer: Transfer,
    cipher: FileCipher,
    source: SourceFile,
    { first, end }: { first: number; end: number },
    { onProgress, signal }: TransferOptions,
  ): Promise<void> {
    const { number, name, size, blob } = transfer;
    let done = first;
    const tell = () => {
      const file = { number, name, direction: "up" } as const;
      onProgress?.(Math.min(size, done * CHUNK_SIZE), size, file);
    };
    if (first === 0) tell();
    const memory = new ChunkMemory(size);
    /** Begins to read a chunk to where it is sealed. */
    const read = (chunk: number) => {
      const bytes = memory.take(cipher.sizeOf(chunk) + TAG_SIZE);
      const plaintext = bytes.subarray(0, -TAG_SIZE);
      return { bytes, done: awaitedLater(source.read(chunk * CHUNK_SIZE, plaintext)) };
    };
    let ahead = read(first);
    const underWay: Promise<number>[] = [];
    const answered = async () => {
      done = await unlessInterrupted(signal, underWay.shift()!) + 1;
      tell();
      if (done % NOTE_STEP === 0) this.#note(number, done, cipher);
    };
    try {
      for (let chunk = first; chunk < end; chunk++) {
        const { bytes, done } = ahead;
        await unlessInterrupted(signal, done);
        if (chunk + 1 < end) ahead = read(chunk + 1);
        cipher.seal(chunk, bytes);
        // Not tried again one by one: the server takes them in their order.
        const request = { kind: "put-chunk", blob, chunk, bytes } as const;
        const stored = this.transport.request(request, { once: true });
        underWay.push(awaitedLater(stored.then(() => {
          memory.give(bytes);
          return chunk;
        })));
        if (underWay.length >= UNDER_WAY) await answered();
      }
      while (underWay.length > 0) await answered();
    } finally {
      // What was told last is also what others are shown.
      this.#note(number, done, cipher);
      await ahead.done.catch(() => {}); // nothing reads the source any more
      if (!signal?.aborted) await Promise.allSettled(underWay);
    }
  }

  /**
   * Notes how far an upload is, for those who list it: the server knows better. Of one chunk there
   * is nothing to note before all is there.
   */
  #note(number: number, chunks: number, { count }: FileCipher): void {
    if (count === 1) return;
    this.profile.transaction(() => this.profile.transfers.change(number, { chunks }), {
      durable: false,
    });
  }
}

/** Whether it is worth asking the server how far it is, and going on from there. */
function mayGoOn(error: unknown): boolean {
  if (!(error instanceof ClientError)) return false;
  if (error.code === "unreachable") return true;
  if (fullFor(error) !== undefined) return false;
  const pause = retryAfter(error);
  // After a break one that was behind the next one may have come first, which is malformed.
  return pause > 0 && pause <= LONGEST_PAUSE || refusalName(error) === "malformed";
}

/**
 * Files in chunks: the record of each in the storage, and its bytes on the disk. One request at a
 * time works on a file, so that no other sees its record and its bytes disagree.
 */
import type { Logger } from "@logtape/logtape";
import { type Bytes, equalBytes, toHex } from "../../shared/bytes.ts";
import { ProtocolError, StorageError } from "../../shared/errors.ts";
import { FILE_CHUNK_SIZE } from "../../shared/limits.ts";
import { RESPONSE_HEADER_SIZE } from "../../shared/protocol/frame.ts";
import { chunkCount, type ChunkPlace, chunkSizeAt } from "../../shared/protocol/secure/files.ts";
import { type FileRecord, type FileRecords, UPLOAD_WINDOW } from "../storage/file_records.ts";
import { ChunkBuffers } from "./chunk_buffers.ts";
import type { ChunkFile } from "./chunk_file.ts";
import { ChunkStore } from "./chunk_store.ts";
import { Deletions } from "./deletions.ts";

/** A chunk on its way to a receiver. */
export interface StoredChunk {
  /** `RESPONSE_HEADER_SIZE` bytes that are free, then the chunk. */
  frame: Bytes;
  /** To be called when nobody reads `frame` any more. */
  done: () => void;
}

/**
 * All files in chunks of one server. IDs of files and clients have 16 bytes. What works on a file
 * fails as `unknown-file` or `file-taken` if the client has none, and as the disk does.
 */
export class FileStore {
  readonly buffers = new ChunkBuffers();
  readonly #records: FileRecords;
  readonly #chunks: ChunkStore;
  readonly #log: Logger;

  /** Bytes lie in `folder`, which must exist. */
  constructor(
    folder: string,
    records: FileRecords,
    log: Logger,
    private readonly deletions = new Deletions(),
  ) {
    this.#chunks = new ChunkStore(folder);
    this.#records = records;
    this.#log = log;
  }

  /**
   * Begins an upload of `size` bytes, or continues it. Returns the first chunk that is missing; the
   * number of all chunks if none is.
   * @throws {StorageError} `file-taken`, `file-differs`, `quota-full`, `never-fits`
   */
  async open(id: Bytes, owner: Bytes, size: number): Promise<number> {
    return await this.#chunks.use(id, async (bytes) => {
      if (this.deletions.isDeferred(toHex(id))) {
        throw new StorageError("failed", "the file that had this ID is being copied; try later");
      }
      const { file, created } = await this.#records.open(id, owner, size);
      if (created) await bytes.remove(); // left by an earlier file with the same ID
      return await nextOf(file, bytes);
    });
  }

  /** Returns the first chunk that is missing, and how many receivers have not released the file. */
  async state(id: Bytes, owner: Bytes): Promise<{ next: number; waiting: number }> {
    return await this.#chunks.use(id, async (bytes) => {
      const next = await nextOf(await this.#own(id, owner), bytes);
      return { next, waiting: await this.#records.receivers(id) };
    });
  }

  /**
   * Stores a chunk; one that is there already is left as it is.
   * @throws {StorageError} `quota-full`; the upload stays, and may go on later
   * @throws {ProtocolError} `malformed` for a chunk that is not the next one, or not of its size
   */
  async put({ blob: id, chunk }: ChunkPlace, owner: Bytes, content: Bytes): Promise<void> {
    await this.#chunks.use(id, async (bytes) => {
      const file = await this.#own(id, owner);
      if (file.complete) return checkChunk(chunk, file);
      // It counts before it is written; one that is refused below must not.
      const arrived = chunk * FILE_CHUNK_SIZE + content.length;
      if (arrived > file.charged && chunk === await bytes.firstMissing(file.size)) {
        await this.#records.charge(id, arrived);
      }
      await bytes.put(chunk, content, file.size);
    });
  }

  /**
   * Returns a chunk for one of the receivers of the file, or null while a part of the file is
   * missing. A damaged chunk is never returned: it is missing from then on.
   * @throws {ProtocolError} `malformed` if the file has no such chunk
   */
  async get({ blob: id, chunk }: ChunkPlace, receiver: Bytes): Promise<StoredChunk | null> {
    return await this.#chunks.use(id, async (bytes) => {
      const file = await this.#records.findFor(id, receiver);
      if (!file) {
        const text = "the file is not here, no longer here, or not for you";
        throw new StorageError("unknown-file", text);
      }
      checkChunk(chunk, file);
      if (!file.complete) return null;
      const buffer = this.buffers.take();
      const frame = buffer.subarray(0, RESPONSE_HEADER_SIZE + chunkSizeAt(chunk, file.size));
      if (await bytes.get(chunk, frame.subarray(RESPONSE_HEADER_SIZE))) {
        return { frame, done: () => this.buffers.give(buffer) };
      }
      this.buffers.give(buffer);
      await bytes.drop(chunk);
      await this.#records.reopen(id);
      const text = "Chunk {chunk} of a file is damaged; its sender has to send it again";
      this.#log.error(text, { chunk });
      return null;
    });
  }

  /**
   * Shares a file that was uploaded whole; when this resolves, all of it is on the disk. Its
   * earlier receivers stay.
   * @throws {StorageError} `unknown-client`, `quota-full`
   * @throws {ProtocolError} `malformed` if chunks are missing
   */
  async share(id: Bytes, owner: Bytes, receivers: readonly Bytes[]): Promise<void> {
    await this.#chunks.use(id, async (bytes) => {
      const { size, complete } = await this.#own(id, owner);
      if (!complete) {
        const next = await bytes.firstMissing(size);
        if (next < chunkCount(size)) {
          throw new ProtocolError("malformed", `chunk ${next} is missing`);
        }
        await bytes.sync();
      }
      await this.#records.share(id, receivers);
    });
  }

  /** Ends the right of a receiver, or takes the file back for its owner. Others change nothing. */
  async release(id: Bytes, client: Bytes): Promise<void> {
    await this.#chunks.use(id, async (bytes) => {
      const file = await this.#records.find(id);
      if (!file) return;
      const owned = equalBytes(file.owner, client);
      if (owned) await this.#records.remove(id);
      if (owned || await this.#records.release(id, client)) {
        // What cannot be removed now is swept at the next start.
        if (!this.#defer(id)) await bytes.remove().catch(this.#failed);
      }
    });
  }

  /** Deletes some of the files that are too old. Returns how many; 0 says that none is left. */
  async expire(): Promise<number> {
    const ids = await this.#records.expire();
    await this.removeForgotten(ids);
    return ids.length;
  }

  /** Deletes the bytes of files whose records are gone. One that was uploaded again stays. */
  async removeForgotten(ids: readonly Bytes[]): Promise<void> {
    for (const id of ids) if (!this.#defer(id)) await this.#removeUnknown(id);
  }

  /**
   * After a crash: deletes bytes without a record, and turns records whose bytes are incomplete
   * into uploads again. An upload without bytes has just started. Of uploads no more counts than
   * is there, and a window.
   */
  async sweep(): Promise<void> {
    let swept = 0;
    for await (const id of this.#chunks.ids()) {
      if (await this.#removeUnknown(id)) swept++;
    }
    if (swept > 0) this.#log.info("Removed {swept} files that nobody needs", { swept });
    for await (const { id, size, complete, charged } of this.#records.all()) {
      const there = await this.#chunks.size(id);
      if (complete && there === size) continue;
      if (complete) {
        await this.#records.reopen(id);
        this.#log.error("The bytes of a file are gone; its sender has to send them again");
      }
      const most = there + UPLOAD_WINDOW * FILE_CHUNK_SIZE;
      if (charged > most) await this.#records.settle(id, most);
    }
  }

  /** Closes all files, each after the work on it. */
  close(): Promise<void> {
    return this.#chunks.close();
  }

  /** @throws {StorageError} `unknown-file`, `file-taken` */
  async #own(id: Bytes, owner: Bytes): Promise<FileRecord> {
    const file = await this.#records.find(id);
    if (!file) throw new StorageError("unknown-file", "no file has this ID; it may have expired");
    if (equalBytes(file.owner, owner)) return file;
    throw new StorageError("file-taken", "the file is another client's");
  }

  /** Deletes the bytes of a file that has no record. Reports whether it did. */
  async #removeUnknown(id: Bytes): Promise<boolean> {
    return await this.#chunks.removeUnless(
      id,
      async () => await this.#records.find(id) !== undefined,
    );
  }

  /** Leaves the same for later, if deletions have to wait. */
  #defer(id: Bytes): boolean {
    return this.deletions.defer(toHex(id), () => this.#removeUnknown(id).catch(this.#failed));
  }

  readonly #failed = (error: unknown): void =>
    this.#log.error("A file cannot be removed: {error}", { error });
}

async function nextOf({ size, complete }: FileRecord, bytes: ChunkFile): Promise<number> {
  return complete ? chunkCount(size) : await bytes.firstMissing(size);
}

/** @throws {ProtocolError} `malformed` if the file has no such chunk */
function checkChunk(chunk: number, { size }: FileRecord): void {
  if (chunk >= chunkCount(size)) throw new ProtocolError("malformed", `there is no chunk ${chunk}`);
}

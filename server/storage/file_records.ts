/**
 * What the server knows of files in chunks: whose each is, how large, and who may still fetch it.
 * Their bytes are elsewhere. A part of {@link ./storage.ts}, under the same rules.
 */
import type { Bytes } from "../../shared/bytes.ts";

/** A file on its way from its owner to its receivers. */
export interface FileRecord {
  /** 16 bytes, which the owner has chosen. */
  readonly id: Bytes;
  /** The client that uploads it, 16 bytes. */
  readonly owner: Bytes;
  /** Bytes of ciphertext. */
  readonly size: number;
  /** Bytes of it that count against the limits by now. */
  readonly charged: number;
  /** Whether all of it is on the disk, so that its receivers may fetch it. */
  readonly complete: boolean;
}

/** Chunks of an upload that count at most besides those that have arrived. */
export const UPLOAD_WINDOW = 16;
/**
 * Uploads of one sender at a time up to which that holds. With more of them chunks count when they
 * come: nobody can have much counted without sending it.
 */
export const UPLOADS_AHEAD = 4;

export interface FileRecords {
  /**
   * Returns the file that `owner` uploads under `id`. If it is not there, creates it: it must fit
   * as things are now, but its first chunk counts at most. Counts as progress for {@link expire}.
   * @throws {StorageError} `file-taken` by another client, `file-differs` in its size,
   * `quota-full`, `never-fits`
   */
  open(id: Bytes, owner: Bytes, size: number): Promise<{ file: FileRecord; created: boolean }>;

  /** Returns the file with this ID, or undefined. */
  find(id: Bytes): Promise<FileRecord | undefined>;

  /** Returns the file with this ID if `receiver` may fetch it, else undefined. */
  findFor(id: Bytes, receiver: Bytes): Promise<FileRecord | undefined>;

  /** Returns how many receivers have not released a file. */
  receivers(id: Bytes): Promise<number>;

  /**
   * Has at least the first `arrived` bytes of an upload count. Where they fit, and with no more
   * than `UPLOADS_AHEAD` uploads of its owner, so do `UPLOAD_WINDOW - 1` chunks more. It is
   * progress for {@link expire}.
   * @throws {StorageError} `quota-full`; the upload stays
   */
  charge(id: Bytes, arrived: number): Promise<void>;

  /** Has no more than `most` bytes of an upload count. */
  settle(id: Bytes, most: number): Promise<void>;

  /**
   * Makes a file complete, and adds receivers; those that it has already stay. Each counts for the
   * owner until it has released the file.
   * @throws {StorageError} `unknown-file`, `unknown-client`, `quota-full` also for more than
   * `MAX_FILE_RECEIVERS`
   */
  share(id: Bytes, receivers: readonly Bytes[]): Promise<void>;

  /** Turns a file that was complete into an upload again. Its receivers stay. */
  reopen(id: Bytes): Promise<void>;

  /**
   * Ends the right of `receiver`, if it has one. Returns true if that was the last one, so that the
   * file is gone now; removing its bytes is left to the caller.
   */
  release(id: Bytes, receiver: Bytes): Promise<boolean>;

  /** Deletes a file, if it is there. */
  remove(id: Bytes): Promise<void>;

  /**
   * Deletes some of the files that are too old: uploads without progress, and complete ones that
   * were shared too long ago. Returns their IDs; none when no more are left.
   */
  expire(): Promise<Bytes[]>;

  /** Returns all files, a page at a time behind the scenes. */
  all(): AsyncIterable<FileRecord>;
}

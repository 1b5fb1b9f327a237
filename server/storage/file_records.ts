/**
 * What the server knows of files in chunks: whose each is, how large, and who may still fetch it.
 * Their bytes are elsewhere. A part of {@link ./storage.ts}, under the same rules: what rejects has
 * changed nothing, what resolves is on the disk.
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
  /** Whether all of it is on the disk, so that its receivers may fetch it. */
  readonly complete: boolean;
}

export interface FileRecords {
  /**
   * Gives the file that `owner` uploads under `id`; makes it, and reserves `size` bytes for it, where
   * it is not there. Progress, as far as {@link expire} is concerned.
   * @throws {StorageError} `file-taken` where it is another client's, `file-differs` where it has
   * another size, `quota-full`
   */
  open(id: Bytes, owner: Bytes, size: number): Promise<{ file: FileRecord; created: boolean }>;

  /** The file with this ID, or undefined. */
  find(id: Bytes): Promise<FileRecord | undefined>;

  /** The file with this ID where `receiver` may fetch it, or undefined. */
  findFor(id: Bytes, receiver: Bytes): Promise<FileRecord | undefined>;

  /** How many receivers have not released a file. */
  receivers(id: Bytes): Promise<number>;

  /** Notes progress of an upload, which keeps it from expiring. */
  touch(id: Bytes): Promise<void>;

  /**
   * Makes a file complete, and adds receivers; those that it has already stay.
   * @throws {StorageError} `unknown-file`, `unknown-client`
   */
  share(id: Bytes, receivers: readonly Bytes[]): Promise<void>;

  /** Turns a file that was complete into an upload again. Its receivers stay. */
  reopen(id: Bytes): Promise<void>;

  /**
   * Ends the right of `receiver`, if it has one. Gives whether that was the last one and the file
   * is gone now; its bytes are the caller's to remove.
   */
  release(id: Bytes, receiver: Bytes): Promise<boolean>;

  /** Deletes a file; one that is gone already is fine. */
  remove(id: Bytes): Promise<void>;

  /**
   * Deletes some of the files that are too old: uploads without progress, and complete ones that
   * nobody has fetched since they were last shared. Gives their IDs; none when no more are left.
   */
  expire(): Promise<Bytes[]>;

  /** All files. */
  all(): AsyncIterable<FileRecord>;
}

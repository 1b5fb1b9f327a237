import { type Bytes, toHex } from "../../shared/bytes.ts";
import { TAG_SIZE } from "../../shared/crypto/chacha20_poly1305.ts";
import { CHUNK_SIZE, FileCipher } from "../../shared/crypto/file_chunks.ts";
import { CryptoError } from "../../shared/errors.ts";
import { ClientError } from "../errors.ts";
import { cleanFileName } from "../disk/file_names.ts";
import { publishFile, removeFile } from "../disk/files.ts";
import { ChunkMemory } from "./chunk_memory.ts";
import { awaitedLater, unlessInterrupted } from "./interrupt.ts";
import type { Profile } from "../profile/profile.ts";
import type { Transfer } from "../profile/tables/transfers.ts";
import { refusalName, retryAfter } from "../network/failures.ts";
import {
  createFolder,
  DraftFile,
  findByInode,
  isDraft,
  moveDraft,
  setAttributes,
} from "./transfer_files.ts";
import type { SecureTransport } from "../network/transport.ts";
import type { TransferNotes } from "./transfer_notes.ts";
import type { TransferOptions } from "./uploads.ts";

/** Chunks that are asked for at a time. */
const UNDER_WAY = 6;
/** Chunks after which the draft is fsynced, and it is noted how far it is: 64 MiB. */
const SYNC_STEP = 64;
/** How often a chunk that does not open is fetched in all. */
const ATTEMPTS = 3;

/**
 * Fetching the chunks of a file (`shared/PROTOCOL.md`, "Secure: files"), several at a time, into a
 * draft beside its final place. No byte is written before the tag of its chunk was checked; what
 * was fsynced need not be fetched again.
 */
export class Downloads {
  constructor(
    private readonly profile: Profile,
    private readonly transport: SecureTransport,
    private readonly notes: TransferNotes,
  ) {}

  /**
   * Brings the whole file into the folder that `path` of the transfer names; returns its own path.
   * @throws {ClientError} `gone` if the server does not have it any more, `bad-key` if nothing of
   * it opens; `damaged`, `file`, `interrupted`, and what the network may do: then it can go on
   * later
   */
  async download(transfer: Transfer, options: TransferOptions): Promise<string> {
    const { name, path: folder } = transfer;
    if (folder === null) throw new RangeError("a download has a folder");
    const path = this.#draftPath(transfer);
    const published = await this.#published(transfer, folder);
    if (published !== undefined) {
      await removeFile(path);
      return `${folder}/${published}`;
    }
    await this.#fill(transfer, path, options);
    if (transfer.attributes) await setAttributes(path, transfer.attributes);
    const owner = `${this.#owner}-${transfer.number}`; // others are published at the same time
    return await publishFile(path, folder, { name: cleanFileName(name), owner });
  }

  /**
   * Brings what there is of it to another folder; what cannot be moved comes again.
   * @throws {ClientError} `file` if the folder cannot be made
   */
  async move(transfer: Transfer, folder: string): Promise<void> {
    if (transfer.path === folder) return;
    await createFolder(folder);
    if (transfer.path === null) return;
    const [from, to] = [this.#draftPath(transfer), this.#draftPath({ ...transfer, path: folder })];
    if (!await moveDraft(from, to)) await this.discard(transfer).catch(() => {});
  }

  /** Reports whether a part of it is in its folder. */
  async hasBegun(transfer: Transfer): Promise<boolean> {
    return transfer.path !== null && await isDraft(this.#draftPath(transfer), 1);
  }

  /** Removes what there is of it. */
  async discard(transfer: Transfer): Promise<void> {
    if (transfer.path !== null) await removeFile(this.#draftPath(transfer));
  }

  /** Returns the path of its draft, whose name shows that the file is not whole. */
  #draftPath({ number, path }: Transfer): string {
    return `${path}/.messaging-${this.#owner.slice(0, 8)}-${number}.part`;
  }

  get #owner(): string {
    return toHex(this.profile.identity.id);
  }

  /** Returns its final name, if it has that already: the process ended before it could note so. */
  async #published({ draft, size }: Transfer, folder: string): Promise<string | undefined> {
    return draft === null ? undefined : await findByInode(folder, draft, size);
  }

  async #fill(
    { number, name, size, key, blob, chunks }: Transfer,
    path: string,
    { onProgress, signal }: TransferOptions,
  ): Promise<void> {
    const { transfers } = this.profile;
    if (key.length === 0) {
      const message =
        "it was sent by an earlier version, and can no longer be opened; ask for it again";
      throw new ClientError("gone", message);
    }
    using cipher = new FileCipher(key, size);
    const memory = new ChunkMemory(size);
    const opened = await DraftFile.open(path, Math.min(size, chunks * CHUNK_SIZE));
    using draft = opened.draft;
    const whole = chunks === cipher.count && opened.at === size && size > 0;
    let chunk = whole ? chunks : opened.at / CHUNK_SIZE;
    let syncing: Promise<void> = Promise.resolve();
    const tell = () => {
      const file = { number, name, direction: "down" } as const;
      onProgress?.(Math.min(size, chunk * CHUNK_SIZE), size, file);
    };
    const write = async (plaintext: Bytes) => {
      await draft.append(plaintext);
      memory.give(plaintext);
      chunk++;
      tell();
      if (chunk % SYNC_STEP > 0) return;
      await syncing; // as a slow disk demands
      const chunks = chunk;
      syncing = awaitedLater(draft.sync().then(() => transfers.change(number, { chunks })));
    };
    let writing: Promise<void> = Promise.resolve();
    if (chunk === 0) tell();
    try {
      for await (const plaintext of this.#plaintexts(cipher, blob, { chunk, memory }, signal)) {
        await writing; // the chunk before, while this one was opened
        writing = awaitedLater(write(plaintext));
      }
      await writing;
      await syncing;
      await draft.sync();
      const inode = await draft.inode();
      await this.notes.note(() => transfers.change(number, { chunks: chunk, draft: inode }));
    } catch (error) {
      await writing.catch(() => {});
      await syncing.catch(() => {});
      // What is safe need not come again. If the disk refuses even that, it must.
      await draft.sync().then(() => transfers.change(number, { chunks: chunk }), () => {});
      throw error;
    }
  }

  /**
   * The plaintexts of the chunks from number `chunk` on, in `memory`. One that does not open is
   * fetched again.
   */
  async *#plaintexts(
    cipher: FileCipher,
    blob: Bytes,
    { chunk, memory }: { chunk: number; memory: ChunkMemory },
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Bytes> {
    for (let attempt = 1; chunk < cipher.count; attempt++) {
      try {
        for await (const sealed of this.#sealed(cipher, blob, { chunk, memory }, signal)) {
          const plaintext = cipher.open(chunk, sealed);
          attempt = 1;
          chunk++;
          yield plaintext;
        }
      } catch (error) {
        if (!(error instanceof CryptoError)) throw error;
        if (attempt < ATTEMPTS) continue;
        if (chunk === 0) {
          throw new ClientError("bad-key", "the key that came with the file does not open it");
        }
        throw new ClientError("damaged", `part ${chunk + 1} of the file is not what was sent`);
      }
    }
  }

  /** The chunks from number `first` on as the server has them, several asked for at a time. */
  async *#sealed(
    cipher: FileCipher,
    blob: Bytes,
    { chunk: first, memory }: { chunk: number; memory: ChunkMemory },
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Bytes> {
    const underWay: Promise<{ bytes: Bytes }>[] = [];
    let next = first;
    for (let chunk = first; chunk < cipher.count; chunk++) {
      for (; next < cipher.count && underWay.length < UNDER_WAY; next++) {
        const request = { kind: "get-chunk", blob, chunk: next } as const;
        const into = memory.take(cipher.sizeOf(next) + TAG_SIZE);
        underWay.push(awaitedLater(this.transport.request(request, { into })));
      }
      const answer = unlessInterrupted(signal, underWay.shift()!);
      const { bytes } = await answer.catch((error) => Promise.reject(chunkFailure(error)));
      yield bytes;
    }
  }
}

/** Returns what it means for a file that the server refuses to give a chunk. */
function chunkFailure(error: unknown): unknown {
  if (!(error instanceof ClientError) || refusalName(error) !== "not-found") return error;
  if (retryAfter(error) > 0) return new ClientError("damaged", error.message, { cause: error });
  return new ClientError(
    "gone",
    "the server does not have the file any more: it has expired, or its sender took it back",
    { cause: error },
  );
}

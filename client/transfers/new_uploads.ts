/** Uploads as they begin: new ones, or those of the same files that are not finished. */
import { type Bytes, equalBytes } from "../../shared/bytes.ts";
import { KEY_SIZE } from "../../shared/crypto/chacha20_poly1305.ts";
import { fileChunkCount } from "../../shared/crypto/file_chunks.ts";
import type { Random } from "../../shared/crypto/random.ts";
import { BLOB_ID_SIZE, MAX_U32 } from "../../shared/limits.ts";
import { haveSameContent, removeFile } from "../disk/files.ts";
import { ClientError } from "../errors.ts";
import type { Profile } from "../profile/profile.ts";
import type { Transfer } from "../profile/tables/transfers.ts";
import { absolutePath, type Source } from "./transfer_files.ts";

interface NewUploadsOptions {
  profile: Profile;
  random: Random;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Reports whether the transfer with this number is under way here. */
  isRunning: (number: number) => boolean;
}

export class NewUploads {
  constructor(private readonly options: NewUploadsOptions) {}

  /**
   * Returns a new upload, or the unfinished one of the same file to the same receiver; a copy of
   * the same is removed. While the server has the same file for someone else, it is shared; one
   * that is `classic` never is.
   * @throws {ClientError} `file` if it is too large
   */
  async begin(peer: Bytes, source: Source, { classic = false } = {}): Promise<Transfer> {
    const { name, size, spooled } = source;
    if (fileChunkCount(size) > MAX_U32) throw new ClientError("file", `${name} is too large`);
    const copied = spooled && await this.#unfinishedCopy(peer, source, classic);
    if (copied) {
      await removeFile(absolutePath(source.path));
      return copied;
    }
    return this.#begin(peer, source, classic);
  }

  /** Does the same for several small files, no two with the same path, in one transaction. */
  beginSmall(peer: Bytes, sources: readonly Source[]): Transfer[] {
    const { profile } = this.options;
    return profile.transaction(() => sources.map((source) => this.#begin(peer, source, false)));
  }

  #begin(peer: Bytes, source: Source, classic: boolean): Transfer {
    const { profile, random, now } = this.options;
    const { name, size, changed, spooled } = source;
    const path = absolutePath(source.path);
    const begun = spooled ? [] : profile.transfers.uploadsOf(path, { spooled: false });
    const same = begun.filter((other) => {
      return other.size === size && other.changed === changed &&
        (other.state === "active" || other.state === "done") &&
        (other.classic ?? false) === classic;
    });
    const unfinished = same.find((other) => {
      return other.state === "active" && equalBytes(other.peer, peer) && other.name === name;
    });
    if (unfinished) return unfinished;
    // What this receiver had before is gone once it has it.
    const shared = classic ? undefined : same.find(({ blob }) => {
      return !same.some((other) => equalBytes(other.blob, blob) && equalBytes(other.peer, peer));
    });
    const blob = shared?.blob ?? random(BLOB_ID_SIZE);
    const key = classic ? new Uint8Array(0) : shared?.key ?? random(KEY_SIZE);
    const started = now();
    const number = profile.transfers.add({
      ...{ direction: "up", peer, blob, key, name, size, path, changed, spooled, started, classic },
    });
    return profile.transfers.get(number)!;
  }

  /** Returns the unfinished upload to `peer` of a copy with the same name and content. */
  async #unfinishedCopy(
    peer: Bytes,
    { name, size, path }: Source,
    classic: boolean,
  ): Promise<Transfer | undefined> {
    const copies = this.options.profile.transfers.uploadsOf(name, { spooled: true });
    for (const other of copies) {
      const isSame = other.state === "active" && other.size === size &&
        equalBytes(other.peer, peer) && (other.classic ?? false) === classic;
      if (!isSame || other.path === null || this.options.isRunning(other.number)) continue;
      if (await haveSameContent(other.path, path)) return other;
    }
  }
}

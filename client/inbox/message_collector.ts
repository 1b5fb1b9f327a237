import { type Bytes, concat } from "../../shared/bytes.ts";
import { KiB, MAX_ENVELOPE_SIZE, MiB } from "../../shared/limits.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import type { MessageHead } from "../../shared/protocol/message.ts";
import { removeFile, writeNewFile } from "../disk/files.ts";
import { syncFolder } from "../../shared/files.ts";
import type { IncomingContent, Receiver } from "../network/transport.ts";
import type { Profile } from "../profile/profile.ts";
import { type NewEnvelope, TAIL_SIZE } from "../profile/tables/envelopes.ts";
import type { OnProgress } from "../transfers/uploads.ts";
import { claimsToBeSecure } from "../../shared/crypto/identity.ts";
import { isStranger } from "../contacts/strangers.ts";
import type { Declined } from "./declined.ts";
import type { DeclinedWhy } from "./received.ts";

/** Largest content of a stranger that goes to a file, in bytes: an announcement has far less. */
export const MAX_OF_STRANGERS = 8 * KiB;
/** Bytes and messages that are kept by one commit. */
const BATCH_SIZE = 1 * MiB;
const BATCH_COUNT = 512;

/** Reports whether such a content waits in a file: that of a file, or one that is too large. */
export function isFiled(type: MessageType, size: number): boolean {
  return type === MessageType.file || size > MAX_ENVELOPE_SIZE;
}

/** What is wanted of large contents, and where to note those that were not kept. */
export interface Wanted {
  /** See {@link FileWishes}. */
  readonly wishes: { readonly maxSize: number };
  readonly declined: Declined;
}

/** Stores the messages of one poll, or of one connection, that the profile does not know yet. */
export class MessageCollector implements Receiver {
  readonly #profile: Profile;
  readonly #onProgress: OnProgress;
  readonly #wanted: Wanted;
  /** How many messages were new. */
  fresh = 0;
  #batch: NewEnvelope[] = [];
  #batchSize = 0;

  constructor(profile: Profile, onProgress: OnProgress, wanted: Wanted) {
    this.#profile = profile;
    this.#wanted = wanted;
    this.#onProgress = onProgress;
  }

  /** Contents that nobody wants go to no disk: they are read, and dropped. */
  async store(head: MessageHead, content: IncomingContent): Promise<boolean> {
    const { size, type } = head;
    const inFile = isFiled(type, size);
    const why = inFile ? this.#unwanted(head) : undefined;
    if (why !== undefined) {
      for await (const _ of pieces(content)); // what comes behind it is wanted
      if (why !== "blocked") this.#wanted.declined.add(head, why);
      return why !== "unwanted";
    }
    const { envelopes } = this.#profile;
    const number = envelopes.takeNumber();
    const stored = inFile
      ? await this.#storeFile(number, head, content)
      : await whole(content, size);
    const tail = stored.slice(-TAIL_SIZE);
    if (inFile && envelopes.known({ ...head, tail })) {
      await removeFile(envelopes.path(number));
      return true;
    }
    this.#batch.push({ ...head, number, tail, content: inFile ? null : stored });
    if (!inFile) this.#batchSize += size;
    if (this.#batchSize >= BATCH_SIZE || this.#batch.length >= BATCH_COUNT) await this.flush();
    return true;
  }

  /** Returns why a content that would go to a file is not kept; undefined if it is. */
  #unwanted({ from, size }: MessageHead): DeclinedWhy | "blocked" | undefined {
    const { contacts, secureIdentity } = this.#profile;
    if (!secureIdentity) return undefined; // all come
    if (isStranger(this.#profile, from)) {
      if (size <= MAX_OF_STRANGERS) return undefined;
      return contacts.byId(from)?.blocked ? "blocked" : "stranger";
    }
    // Files of secure clients come apart from their messages.
    if (this.#isSecure(from)) return undefined;
    return size > this.#wanted.wishes.maxSize ? "unwanted" : undefined;
  }

  #isSecure(id: Bytes): boolean {
    const { secureIdentity, contacts } = this.#profile;
    const publicKey = secureIdentity && contacts.publicKey(id);
    return publicKey !== undefined && claimsToBeSecure(publicKey);
  }

  async flush(): Promise<void> {
    const { envelopes } = this.#profile;
    if (this.#batch.some(({ content }) => content === null)) await syncFolder(envelopes.folder);
    this.fresh += envelopes.put(this.#batch);
    this.#batch = [];
    this.#batchSize = 0;
  }

  /**
   * Writes the file for this number; returns its last bytes. What no secure client can open is
   * told of, and goes to no disk.
   */
  async #storeFile(
    number: number,
    { from, size }: MessageHead,
    content: IncomingContent,
  ): Promise<Bytes> {
    let tail: Bytes = new Uint8Array(0);
    let done = 0;
    const watched = async function* (onProgress: OnProgress): AsyncGenerator<Uint8Array> {
      for await (const piece of pieces(content)) {
        tail = concat(tail, piece.subarray(-TAIL_SIZE)).slice(-TAIL_SIZE);
        yield piece;
        onProgress(done += piece.length, size);
      }
    };
    const bytes = watched(this.#onProgress);
    if (size <= MAX_ENVELOPE_SIZE || !this.#isSecure(from)) {
      await writeNewFile(this.#profile.envelopes.path(number), bytes);
    } else for await (const _ of bytes);
    return tail;
  }
}

/** Yields the content in pieces; each is valid until the next is asked for. */
async function* pieces(content: IncomingContent): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(256 * KiB);
  for (let count; (count = await content.read(buffer)) > 0;) yield buffer.subarray(0, count);
}

/** Returns all `size` bytes of a content that fits into memory. */
async function whole(content: IncomingContent, size: number): Promise<Bytes> {
  const bytes = new Uint8Array(size);
  for (let have = 0; have < size;) {
    const count = await content.read(bytes.subarray(have));
    if (count === 0) return bytes.subarray(0, have);
    have += count;
  }
  return bytes;
}

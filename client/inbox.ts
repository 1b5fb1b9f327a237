/**
 * Incoming messages, in two steps that may be years apart: collected from the server into the
 * profile as they are, then opened in the order of their numbers. So a message is on the disk here
 * before the server forgets it, and one that cannot be decrypted yet stays.
 */
import { type Bytes, concat } from "../shared/bytes.ts";
import { cbcDecryptStream } from "../shared/crypto/aes_cbc.ts";
import { decryptText, unwrapSymmetricKey } from "../shared/crypto/classic.ts";
import { CryptoError } from "../shared/errors.ts";
import { KiB, MiB } from "../shared/limits.ts";
import { MessageType } from "../shared/protocol/codes.ts";
import type { ClientEntry, MessageHead } from "../shared/protocol/response.ts";
import { ClientError } from "./errors.ts";
import { publishFile, readFile, readWhole, removeFile, writeNewFile } from "./files.ts";
import type { Peers } from "./peers.ts";
import type { Envelope } from "./profile/envelopes.ts";
import type { Profile } from "./profile/profile.ts";
import type { IncomingContent, Receiver, Transport } from "./transport.ts";

/** What has arrived, for the user. */
export type Received =
  & { message: number; from: ClientEntry }
  & (
    | { type: "text"; text: string }
    | { type: "file"; path: string; size: number }
    | { type: "key-request" }
    | { type: "key" }
    | Problem
  );

/** A message that could not be opened. It stays in the profile. */
interface Problem {
  type: "problem";
  error: ClientError;
}

/** Contents of other types than a file that are larger than this wait in files, too. */
const MAX_IN_DATABASE = 4 * MiB;
/** Longest content, but a file's, that is taken into memory. */
const MAX_IN_MEMORY = 64 * MiB;
/** Bytes and messages that are kept by one commit. */
const BATCH_SIZE = 1 * MiB;
const BATCH_COUNT = 512;

/** Called with the bytes of a file that have arrived, and with its size. */
export type OnProgress = (done: number, size: number) => void;

export class Inbox {
  readonly #profile: Profile;
  readonly #transport: Transport;
  readonly #peers: Peers;

  constructor(profile: Profile, transport: Transport, peers: Peers) {
    this.#profile = profile;
    this.#transport = transport;
    this.#peers = peers;
  }

  /**
   * Collects and opens all that waits, until there is nothing more. Files go to `folder`.
   * A failure of the network is thrown after all that was collected before has been opened.
   */
  async *receive(folder: string, onProgress: OnProgress): AsyncGenerator<Received> {
    let more = true;
    let failure: unknown;
    while (more) {
      try {
        more = await this.#collect(onProgress) > 0;
      } catch (error) {
        more = false;
        failure = error;
      }
      yield* this.#openAll(folder);
    }
    if (failure !== undefined) throw failure;
  }

  async #collect(onProgress: OnProgress): Promise<number> {
    const { id } = this.#profile.identity;
    return await this.#transport.poll(id, new Collector(this.#profile, onProgress));
  }

  async *#openAll(folder: string): AsyncGenerator<Received> {
    const { envelopes } = this.#profile;
    let envelope: Envelope | undefined;
    for (let after = 0; (envelope = envelopes.nextWaiting(after));) {
      after = envelope.messageId;
      const from = await this.#peers.withId(envelope.from);
      const received = await this.#open(envelope, from, folder)
        .catch((error) => this.#problem(error, envelope as Envelope, from));
      yield { message: envelope.messageId, from, ...received };
      if (received.type === "problem") continue;
      envelopes.markDone(envelope.messageId);
      // Messages that came before their key are behind us now.
      if (received.type === "key" && envelopes.retryUnreadable(envelope.from) > 0) after = 0;
    }
  }

  async #open(envelope: Envelope, from: ClientEntry, folder: string) {
    switch (envelope.type) {
      case MessageType.keyRequest:
        await this.#peers.sendKey(from);
        return { type: "key-request" } as const;
      case MessageType.key:
        return await this.#openKey(envelope);
      case MessageType.text:
        return await this.#openText(envelope);
      case MessageType.file:
        return await this.#openFile(envelope, from, folder);
    }
  }

  async #openKey(envelope: Envelope) {
    const { keys, identity } = this.#profile;
    const key = await unwrapSymmetricKey(identity.privateKey, await this.#content(envelope));
    keys.put(envelope.from, key, { own: false });
    keys.sendWith(envelope.from, key);
    return { type: "key" } as const;
  }

  async #openText(envelope: Envelope) {
    const ciphertext = await this.#content(envelope);
    const text = await this.#withFittingKey(
      envelope.from,
      (key) => decryptText(key, ciphertext),
    );
    if (envelope.content === null) {
      await removeFile(this.#profile.envelopes.path(envelope.messageId));
    }
    return { type: "text", text } as const;
  }

  async #openFile({ from, messageId }: Envelope, peer: ClientEntry, folder: string) {
    const path = this.#profile.envelopes.path(messageId);
    const draft = `${path}.open`;
    const size = await this.#withFittingKey(from, async (key) => {
      const plaintext = ReadableStream.from(readFile(path)).pipeThrough(cbcDecryptStream(key));
      return await writeNewFile(draft, plaintext);
    });
    const saved = await publishFile(draft, folder, fileName(peer.name, messageId));
    await removeFile(path);
    return { type: "file", path: saved, size } as const;
  }

  /** The content of a message that must fit into memory. */
  async #content({ messageId, size, content }: Envelope): Promise<Bytes> {
    if (content !== null) return content;
    if (size > MAX_IN_MEMORY) throw new CryptoError("decrypt-failed", "it is too large");
    return await readWhole(this.#profile.envelopes.path(messageId));
  }

  async #withFittingKey<T>(peer: Bytes, decrypt: (key: Bytes) => Promise<T>): Promise<T> {
    for (const key of this.#profile.keys.all(peer)) {
      try {
        const result = await decrypt(key);
        this.#profile.keys.used(peer, key);
        return result;
      } catch (error) {
        if (!(error instanceof CryptoError)) throw error;
      }
    }
    throw new CryptoError("decrypt-failed", "no key fits");
  }

  /** What to tell of a message that could not be opened. A failure of the network is thrown on. */
  #problem(error: unknown, { messageId, type }: Envelope, { name }: ClientEntry): Problem {
    const what = `message ${messageId} from ${name}, a ${TYPE_NAMES[type]},`;
    const { envelopes } = this.#profile;
    if (error instanceof CryptoError) {
      envelopes.markUnreadable(messageId);
      const hint = type === MessageType.key
        ? "it was not made for this profile"
        : `no known key fits. It is kept and tried again when ${name} sends a key ` +
          "(ask for one: messaging-client request-key)";
      const message = `${what} cannot be decrypted: ${hint}`;
      return { type: "problem", error: new ClientError("cannot-decrypt", message) };
    }
    if (!(error instanceof ClientError)) throw error;
    if (error.code === "bad-key" || error.code === "refused") {
      envelopes.markUnreadable(messageId);
      const message = `${what} cannot be answered: ${error.message}`;
      return { type: "problem", error: new ClientError(error.code, message) };
    }
    if (error.code !== "file") throw error;
    const message = `${what} is kept for the next run: ${error.message}`;
    return { type: "problem", error: new ClientError("file", message) };
  }
}

const TYPE_NAMES: Record<MessageType, string> = {
  [MessageType.keyRequest]: "request for a key",
  [MessageType.key]: "key",
  [MessageType.text]: "text",
  [MessageType.file]: "file",
};

/** Takes a poll's messages into the profile. */
class Collector implements Receiver {
  readonly #profile: Profile;
  readonly #onProgress: OnProgress;
  #batch: Envelope[] = [];
  #batchSize = 0;

  constructor(profile: Profile, onProgress: OnProgress) {
    this.#profile = profile;
    this.#onProgress = onProgress;
  }

  async store(head: MessageHead, content: IncomingContent): Promise<void> {
    const { envelopes } = this.#profile;
    const { messageId, size, type } = head;
    if (envelopes.known(messageId)) {
      for await (const _ of pieces(content));
      return;
    }
    if (type === MessageType.file || size > MAX_IN_DATABASE) {
      await writeNewFile(envelopes.path(messageId), this.#reporting(content, size));
      this.#batch.push({ ...head, content: null });
    } else {
      this.#batch.push({ ...head, content: await whole(content) });
      this.#batchSize += size;
    }
    if (this.#batchSize >= BATCH_SIZE || this.#batch.length >= BATCH_COUNT) await this.flush();
  }

  flush(): Promise<void> {
    this.#profile.envelopes.put(this.#batch);
    this.#batch = [];
    this.#batchSize = 0;
    return Promise.resolve();
  }

  async *#reporting(content: IncomingContent, size: number): AsyncGenerator<Uint8Array> {
    let done = 0;
    for await (const piece of pieces(content)) {
      yield piece;
      done += piece.length;
      this.#onProgress(done, size);
    }
  }
}

/** The content in pieces; each is valid until the next is asked for. */
async function* pieces(content: IncomingContent): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(256 * KiB);
  for (let count; (count = await content.read(buffer)) > 0;) yield buffer.subarray(0, count);
}

async function whole(content: IncomingContent): Promise<Bytes> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces(content)) parts.push(piece.slice());
  return concat(...parts);
}

/** A name for a file that came without one. Of the sender's name only harmless characters stay. */
function fileName(sender: string, messageId: number): string {
  const clean = sender.replace(/[^\p{L}\p{N}_-]/gu, "_").slice(0, 64);
  return `${clean}-${messageId}.bin`;
}

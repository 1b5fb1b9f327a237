/**
 * Incoming messages, in two steps that may be years apart: collected from the server into the
 * profile as they are, then opened in the order of their numbers. So a message is on the disk here
 * before the server forgets it, and one that cannot be decrypted yet stays.
 */
import { type Bytes, toHex } from "../shared/bytes.ts";
import { BLOCK_SIZE, cbcDecryptStream, decryptCbc } from "../shared/crypto/aes_cbc.ts";
import { decryptText, unwrapSymmetricKey } from "../shared/crypto/classic.ts";
import { CryptoError } from "../shared/errors.ts";
import { MiB } from "../shared/limits.ts";
import { MessageType } from "../shared/protocol/codes.ts";
import type { ClientEntry } from "../shared/protocol/response.ts";
import { Collector, type OnProgress } from "./collector.ts";
import { ClientError } from "./errors.ts";
import {
  publishFile,
  readEnd,
  readFile,
  readWhole,
  removeFile,
  removeOthers,
  writeNewFile,
} from "./files.ts";
import type { Peers } from "./peers.ts";
import type { Envelope } from "./profile/envelopes.ts";
import type { Profile } from "./profile/profile.ts";
import type { Transport } from "./transport.ts";

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

/** Longest content, but a file's, that is taken into memory. */
const MAX_IN_MEMORY = 64 * MiB;
/** Polls in a row that bring nothing but known messages, after which a server is not asked again. */
const MAX_VAIN_POLLS = 3;

/** What one call of {@link Inbox.receive} remembers. */
interface Round {
  /** Who got a key already. */
  answered: Set<string>;
  /** The numbers of messages that wait for the next call. */
  left: Set<number>;
  /** Why the network, or the disk, is left alone from here on. */
  failure?: unknown;
  /** Whether the server's list may still be asked for. */
  mayList?: boolean;
}

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
   * A failure of the network is thrown after all that can be opened without it has been opened.
   * @throws {ClientError} `in-use`, and what the network may do
   */
  async *receive(folder: string, onProgress: OnProgress): AsyncGenerator<Received> {
    const { envelopes, identity } = this.#profile;
    using _lock = await this.#profile.lock();
    await removeOthers(envelopes.folder, envelopes.files());
    const round: Round = { answered: new Set(), left: new Set() };
    for (let vain = 0; vain < MAX_VAIN_POLLS;) {
      const collector = new Collector(this.#profile, onProgress);
      let count = 0;
      try {
        count = await this.#transport.poll(identity.id, collector);
      } catch (error) {
        round.failure = error;
      }
      yield* this.#openAll(round, folder);
      if (count === 0) break;
      vain = collector.fresh > 0 ? 0 : vain + 1;
    }
    if (round.failure !== undefined) throw round.failure;
  }

  async *#openAll(round: Round, folder: string): AsyncGenerator<Received> {
    const { envelopes } = this.#profile;
    /** Whose unreadable messages were tried again, and whose wait for that until the end. */
    const retried = new Set<string>();
    const later = new Map<string, Bytes>();
    round.mayList = true;
    for (let after = 0;;) {
      const envelope = envelopes.nextWaiting(after);
      if (!envelope) {
        const senders = [...later.values()];
        later.clear();
        if (senders.filter((sender) => envelopes.retryUnreadable(sender) > 0).length === 0) return;
        after = 0;
        continue;
      }
      const { number, from: sender } = envelope;
      after = number;
      if (round.left.has(number)) continue;
      if (round.failure !== undefined && this.#needsServer(envelope, round)) continue;
      let received: Received;
      try {
        received = await this.#open(envelope, round, folder);
      } catch (error) {
        // The message stays, and does not hold up those behind it.
        if (!isNetworkFailure(error)) throw error;
        round.failure ??= error;
        continue;
      }
      yield received;
      if (received.type === "problem") {
        if (received.error.code === "file") round.left.add(number);
        else envelopes.markUnreadable(number);
        continue;
      }
      // In this order: after a crash in between the file is in nobody's way.
      envelopes.markDone(number);
      if (envelope.content === null) await removeFile(envelopes.path(number));
      // Messages that came before their key are behind us now. One who sends many keys has them
      // tried again now and at the end, not each time.
      if (received.type !== "key") continue;
      const id = toHex(sender);
      if (retried.has(id)) {
        later.set(id, sender);
      } else if (envelopes.retryUnreadable(sender) > 0) {
        retried.add(id);
        after = 0;
      }
    }
  }

  async #open(envelope: Envelope, round: Round, folder: string): Promise<Received> {
    const from = await this.#senderOf(envelope, round);
    const head = { message: envelope.messageId, from };
    try {
      return { ...head, ...await this.#contentOf(envelope, from, round, folder) };
    } catch (error) {
      return { ...head, ...this.#problem(error, envelope, from) };
    }
  }

  #needsServer({ type, from }: Envelope, { answered }: Round): boolean {
    return !this.#peers.known(from) ||
      type === MessageType.keyRequest && !answered.has(toHex(from));
  }

  /** Asks the server for unknown names once a poll, however many unknown senders there are. */
  async #senderOf({ from }: Envelope, round: Round): Promise<ClientEntry> {
    const known = this.#peers.known(from);
    if (known) return known;
    const sender = await this.#peers.withId(from, { mayList: round.mayList });
    round.mayList = false;
    return sender;
  }

  async #contentOf(envelope: Envelope, from: ClientEntry, round: Round, folder: string) {
    switch (envelope.type) {
      case MessageType.keyRequest:
        await this.#answer(from, round);
        return { type: "key-request" } as const;
      case MessageType.key:
        return await this.#openKey(envelope);
      case MessageType.text:
        return await this.#openText(envelope);
      case MessageType.file:
        return await this.#openFile(envelope, from, folder);
    }
  }

  /** Sends the key that was asked for; once in a round, as it is always the same. */
  async #answer(from: ClientEntry, round: Round): Promise<void> {
    const id = toHex(from.id);
    if (round.answered.has(id)) return;
    await this.#peers.sendKey(from);
    round.answered.add(id);
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
    const { from } = envelope;
    const keys = this.#profile.keys.all(from);
    const text = await this.#withFitting(keys, from, (key) => decryptText(key, ciphertext));
    return { type: "text", text } as const;
  }

  async #openFile({ from, messageId, number }: Envelope, peer: ClientEntry, folder: string) {
    const path = this.#profile.envelopes.path(number);
    const draft = `${path}.open`;
    const size = await this.#withFitting(await this.#keysForFile(from, path), from, (key) => {
      const plaintext = ReadableStream.from(readFile(path)).pipeThrough(cbcDecryptStream(key));
      return writeNewFile(draft, plaintext);
    });
    const owner = toHex(this.#profile.identity.id);
    const name = fileName(peer.name, messageId);
    const saved = await publishFile(draft, folder, { name, owner });
    return { type: "file", path: saved, size } as const;
  }

  /**
   * The keys of this sender that the end of the file fits, seen by its padding; those that give the
   * most padding first, as one wrong key in 256 gives one byte of it, and one in 65,536 two.
   */
  async #keysForFile(from: Bytes, path: string): Promise<Bytes[]> {
    const end = await readEnd(path, 2 * BLOCK_SIZE);
    const iv = end.length > BLOCK_SIZE ? end.slice(0, BLOCK_SIZE) : undefined;
    const fitting: { key: Bytes; rest: number }[] = [];
    for (const key of this.#profile.keys.all(from)) {
      try {
        fitting.push({ key, rest: (await decryptCbc(key, end.slice(-BLOCK_SIZE), iv)).length });
      } catch (error) {
        if (!(error instanceof CryptoError)) throw error;
      }
    }
    return fitting.sort((a, b) => a.rest - b.rest).map(({ key }) => key);
  }

  /** The content of a message that must fit into memory. */
  async #content({ number, size, content }: Envelope): Promise<Bytes> {
    if (content !== null) return content;
    if (size > MAX_IN_MEMORY) throw new CryptoError("decrypt-failed", "it is too large");
    return await readWhole(this.#profile.envelopes.path(number));
  }

  async #withFitting<T>(
    keys: readonly Bytes[],
    peer: Bytes,
    decrypt: (key: Bytes) => Promise<T>,
  ): Promise<T> {
    for (const key of keys) {
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
    if (error instanceof CryptoError) {
      if (error.code === "bad-key") {
        const message = `the private key in ${this.#profile.folder}/me.info cannot be used`;
        throw new ClientError("bad-profile", message);
      }
      const hint = type === MessageType.key
        ? "it was not made for this profile"
        : `no known key fits. It is kept and tried again when ${name} sends a key ` +
          "(ask for one: messaging-client request-key)";
      const message = `${what} cannot be decrypted: ${hint}`;
      return { type: "problem", error: new ClientError("cannot-decrypt", message) };
    }
    if (!(error instanceof ClientError)) throw error;
    if (error.code === "bad-key" || error.code === "refused") {
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

/**
 * A name for a file that came without one. Of the sender's name only harmless characters stay, and
 * no more than a file system takes: 255 bytes with what may stand around them.
 */
function fileName(sender: string, messageId: number): string {
  const clean = sender.replace(/[^\p{L}\p{N}_-]/gu, "_").replace(/^-/, "_");
  return `${[...clean].slice(0, 50).join("")}-${messageId}.bin`;
}

/** Whether the server, or the way to it, has failed. */
function isNetworkFailure(error: unknown): boolean {
  return error instanceof ClientError &&
    (error.code === "unreachable" || error.code === "bad-response");
}

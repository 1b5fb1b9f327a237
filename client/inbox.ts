/**
 * Incoming messages, in two steps that may be years apart: collected from the server into the
 * profile as they are, then opened in the order of their numbers. So a message is on the disk here
 * before the server forgets it, and one that cannot be decrypted yet stays.
 */
import { type Bytes, toHex } from "../shared/bytes.ts";
import type { Identity } from "../shared/crypto/identity.ts";
import { CryptoError } from "../shared/errors.ts";
import { MiB } from "../shared/limits.ts";
import { MessageType } from "../shared/protocol/codes.ts";
import type { ClientEntry, MessageHead } from "../shared/protocol/response.ts";
import { INTERIM_HEADER_SIZE } from "../shared/session/interim.ts";
import { ClassicMessages } from "./classic_messages.ts";
import { Collector, type OnProgress } from "./collector.ts";
import { ClientError, type ClientErrorCode } from "./errors.ts";
import {
  publishFile,
  readFile,
  readStart,
  readWhole,
  removeFile,
  removeOthers,
  writeNewFile,
} from "./files.ts";
import { InterimMessages } from "./interim.ts";
import type { Peer, Peers } from "./peers.ts";
import type { Envelope } from "./profile/envelopes.ts";
import type { Profile } from "./profile/profile.ts";
import type { IncomingContent, OnTrouble, Transport } from "./transport.ts";

/** What has arrived, for the user. */
export type Received =
  & { message: number; from: Peer }
  & (
    | { type: "text"; text: string }
    | { type: "file"; path: string; size: number }
    | { type: "key-request" }
    | { type: "key" }
    | Problem
  );

/** What is to be done in the transaction that takes note of a message. */
interface Committing {
  commit?: () => void;
}

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
  readonly #now: () => number;

  constructor(profile: Profile, transport: Transport, peers: Peers, now: () => number) {
    this.#profile = profile;
    this.#transport = transport;
    this.#peers = peers;
    this.#now = now;
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

  /**
   * Collects and opens messages as they come, until the caller wants no more. A broken connection is
   * made again; `onTrouble` hears of it.
   * @throws {ClientError} `in-use`, and what making the connection again cannot mend
   */
  async *follow(
    folder: string,
    onProgress: OnProgress,
    onTrouble: OnTrouble,
  ): AsyncGenerator<Received> {
    const { envelopes } = this.#profile;
    using _lock = await this.#profile.lock();
    await removeOthers(envelopes.folder, envelopes.files());
    let news = Promise.withResolvers<void>();
    const newReceiver = () => {
      news.resolve(); // what had to wait for the server may go on
      const collector = new Collector(this.#profile, onProgress);
      return {
        store: (head: MessageHead, content: IncomingContent) => collector.store(head, content),
        flush: () => collector.flush(),
        stored: () => news.resolve(),
      };
    };
    let failure: { reason: unknown } | null = null;
    const end = (reason: unknown) => {
      failure = { reason };
      news.resolve();
    };
    this.#transport.follow(newReceiver, onTrouble).catch(end);
    for (;;) {
      yield* this.#openAll({ answered: new Set(), left: new Set() }, folder);
      if (failure) throw (failure as { reason: unknown }).reason;
      await news.promise;
      news = Promise.withResolvers();
    }
  }

  async *#openAll(round: Round, folder: string): AsyncGenerator<Received> {
    const { envelopes } = this.#profile;
    /** Whose unreadable messages were tried again, and whose wait for that until the end. */
    const retried = new Set<string>();
    const later = new Map<string, Bytes>();
    /** Whose messages must wait, as one before them does: secure ones open in their order alone. */
    const held = new Set<string>();
    const hold = (sender: Bytes) => {
      if (this.#profile.secureIdentity) held.add(toHex(sender));
    };
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
      if (round.left.has(number)) hold(sender);
      if (held.has(toHex(sender)) || round.left.has(number)) continue;
      if (round.failure !== undefined && this.#needsServer(envelope, round)) continue;
      let received: Received & Committing;
      try {
        received = await this.#open(envelope, round, folder);
      } catch (error) {
        // The message stays, and does not hold up those behind it.
        if (!isNetworkFailure(error)) throw error;
        round.failure ??= error;
        hold(sender);
        continue;
      }
      const { commit, ...shown } = received;
      yield shown;
      if (received.type === "problem") {
        if (received.error.code === "file") {
          round.left.add(number);
          hold(sender);
        } else {
          envelopes.markUnreadable(number);
        }
        continue;
      }
      // In this order: after a crash in between the file is in nobody's way.
      this.#profile.transaction(() => {
        commit?.();
        envelopes.markDone(number);
      });
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

  async #open(envelope: Envelope, round: Round, folder: string) {
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
  async #senderOf({ from }: Envelope, round: Round): Promise<Peer> {
    const known = this.#peers.known(from);
    if (known) return known;
    const sender = await this.#peers.withId(from, { mayList: round.mayList });
    round.mayList = false;
    return sender;
  }

  async #contentOf(envelope: Envelope, from: Peer, round: Round, folder: string) {
    const identity = await this.#peers.identityOf(from);
    if (identity) return await this.#openSecure(envelope, from, identity, folder);
    if (envelope.type !== MessageType.keyRequest) {
      return await this.#openClassic(envelope, from, folder);
    }
    await this.#answer(from, round);
    return { type: "key-request" } as const;
  }

  /** Sends the key that was asked for; once in a round, as it is always the same. */
  async #answer(from: ClientEntry, round: Round): Promise<void> {
    const id = toHex(from.id);
    if (round.answered.has(id)) return;
    await this.#peers.sendKey(from);
    round.answered.add(id);
  }

  /** From one secure client to another. */
  async #openSecure(envelope: Envelope, from: Peer, identity: Identity, folder: string) {
    const { type, number, messageId } = envelope;
    const own = this.#profile.secureIdentity;
    if (!own) throw new TypeError("a classic profile has no part in this");
    const messages = new InterimMessages(this.#profile, own, this.#now);
    if (type === MessageType.text) {
      const content = await this.#content(envelope);
      const { value, commit } = await messages.openText(identity, type, content);
      return { type: "text", text: value, commit } as const;
    }
    if (type !== MessageType.file) {
      throw new CryptoError("decrypt-failed", "secure clients send no such messages");
    }
    const path = this.#profile.envelopes.path(number);
    const draft = `${path}.open`;
    const header = await readStart(path, INTERIM_HEADER_SIZE);
    const ciphertext = ReadableStream.from(readFile(path, INTERIM_HEADER_SIZE));
    const save = (plaintext: ReadableStream<Uint8Array>) => writeNewFile(draft, plaintext);
    const { value: size, commit } = await messages.open(identity, type, header, ciphertext, save);
    const saved = await this.#publish(draft, folder, fileName(from.name, messageId));
    return { type: "file", path: saved, size, commit } as const;
  }

  /** From, or by, a classic client. */
  async #openClassic(envelope: Envelope, from: Peer, folder: string) {
    const messages = new ClassicMessages(this.#profile);
    const { number, messageId } = envelope;
    switch (envelope.type) {
      case MessageType.key:
        await messages.openKey(from.id, await this.#content(envelope));
        return { type: "key" } as const;
      case MessageType.text: {
        const text = await messages.openText(from.id, await this.#content(envelope));
        return { type: "text", text } as const;
      }
      default: {
        const path = this.#profile.envelopes.path(number);
        const draft = `${path}.open`;
        const save = (plaintext: ReadableStream<Uint8Array>) => writeNewFile(draft, plaintext);
        const size = await messages.openFile(from.id, path, save);
        const saved = await this.#publish(draft, folder, fileName(from.name, messageId));
        return { type: "file", path: saved, size } as const;
      }
    }
  }

  async #publish(draft: string, folder: string, name: string): Promise<string> {
    const owner = toHex(this.#profile.identity.id);
    return await publishFile(draft, folder, { name, owner });
  }

  /** The content of a message that must fit into memory. */
  async #content({ number, size, content }: Envelope): Promise<Bytes> {
    if (content !== null) return content;
    if (size > MAX_IN_MEMORY) throw new CryptoError("decrypt-failed", "it is too large");
    return await readWhole(this.#profile.envelopes.path(number));
  }

  /** What to tell of a message that could not be opened. A failure of the network is thrown on. */
  #problem(error: unknown, { messageId, type }: Envelope, peer: Peer): Problem {
    const { name, authenticated } = peer;
    const what = `message ${messageId} from ${name}, a ${TYPE_NAMES[type]},`;
    if (error instanceof CryptoError) {
      if (error.code === "bad-key") {
        const message = `the private key in ${this.#profile.folder}/me.info cannot be used`;
        throw new ClientError("bad-profile", message);
      }
      const hint = authenticated
        ? "it was changed, repeated or out of its order, or its sender is somebody else. It is kept"
        : type === MessageType.key
        ? "it was not made for this profile"
        : `no known key fits. It is kept and tried again when ${name} sends a key ` +
          "(ask for one: messaging-client request-key)";
      const message = `${what} cannot be decrypted: ${hint}`;
      return { type: "problem", error: new ClientError("cannot-decrypt", message) };
    }
    if (!(error instanceof ClientError)) throw error;
    const final: ClientErrorCode[] = ["bad-key", "refused", "wrong-identity", "not-needed"];
    if (final.includes(error.code)) {
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

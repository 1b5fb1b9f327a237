/**
 * Opening what secure clients send. A step of a session, the plaintext that it gives, and the note
 * that the message is done are one transaction; what fails leaves the session as it was, and its
 * sender is asked for it again.
 */
import type { Bytes } from "../shared/bytes.ts";
import { chunkDecryptStream } from "../shared/crypto/file_chunks.ts";
import type { Identity } from "../shared/crypto/identity.ts";
import { Reader } from "../shared/cursor.ts";
import { CryptoError } from "../shared/errors.ts";
import { MessageType } from "../shared/protocol/codes.ts";
import type { Party } from "../shared/session/agreement.ts";
import type { Content, FileNote } from "../shared/session/content.ts";
import type { PrekeyBundle } from "../shared/session/prekeys.ts";
import { decodeReset, encodeReset } from "../shared/session/reset.ts";
import { ClientError } from "./errors.ts";
import { readFile, readStart, writeNewFile } from "./files.ts";
import { mayPass, type Outgoing } from "./outgoing.ts";
import type { Peer } from "./peers.ts";
import type { Envelope } from "./profile/envelopes.ts";
import type { HistoryBody } from "./profile/history.ts";
import type { Profile } from "./profile/profile.ts";
import type { Sessions } from "./sessions.ts";

/** A collected message with its sender. */
export interface Incoming {
  envelope: Envelope;
  from: Peer;
  identity: Identity;
}

/** What became of a message. */
export type Opened =
  /** It is in the history under this number, and not shown yet. */
  | { kind: "new"; history: number }
  /** There is nothing to show. */
  | { kind: "nothing" }
  /** It could not be opened; its sender is going to be asked for it again. */
  | { kind: "unreadable" }
  /** It was opened, and makes no sense here. */
  | { kind: "unknown" };

export interface SecureMessagesOptions {
  profile: Profile;
  sessions: Sessions;
  outgoing: Outgoing;
  own: Party;
  /** The Ed25519 secret of the identity, 32 bytes. */
  signing: Bytes;
  /** Milliseconds since 1970. */
  now: () => number;
}

export class SecureMessages {
  readonly #options: SecureMessagesOptions;

  constructor(options: SecureMessagesOptions) {
    this.#options = options;
  }

  /** Opens messages of types 2 and 3 in one transaction. */
  openAll(messages: readonly Incoming[]): Opened[] {
    return this.#options.sessions.commit(() =>
      messages.map((message) => {
        const { content } = message.envelope;
        return this.#take(message, content ?? new Uint8Array(0), (known) => {
          return known.text === undefined ? null : { text: known.text };
        });
      })
    );
  }

  /** Opens one envelope and notes what comes of it; `bodyOf` says what the history keeps. */
  #take(
    { envelope, from, identity }: Incoming,
    bytes: Bytes,
    bodyOf: (content: Content) => HistoryBody | null,
  ): Opened {
    const { profile, sessions, now } = this.#options;
    const { contacts, envelopes, history, repairs } = profile;
    const blocked = contacts.byId(from.id)?.blocked === true;
    envelopes.markDone(envelope.number);
    let content: Content | null;
    try {
      content = sessions.open(identity, envelope.type, bytes);
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error;
      if (!blocked) repairs.want(from.id, envelope.messageId);
      return blocked ? { kind: "nothing" } : { kind: "unreadable" };
    }
    repairs.healed(from.id);
    if (!content) return { kind: "unknown" };
    const body = bodyOf(content);
    if (blocked || !body) return { kind: "nothing" };
    const number = history.addReceived({
      peer: from.id,
      at: content.at,
      stored: now(),
      contentId: content.id,
      messageId: envelope.messageId,
      body,
    });
    return number === undefined ? { kind: "nothing" } : { kind: "new", history: number };
  }

  /**
   * Decrypts a file. `publish` gives the draft at a path its place among the user's files.
   * @throws {ClientError} `file`
   */
  async openFile(
    message: Incoming,
    publish: (draft: string) => Promise<string>,
  ): Promise<Opened> {
    const { profile, sessions } = this.#options;
    const { envelope, identity } = message;
    const path = profile.envelopes.path(envelope.number);
    const sealed = await envelopeOf(path, envelope.size);
    const note = sealed && this.#peek(identity, sealed)?.file;
    const blocked = profile.contacts.byId(identity.clientId)?.blocked === true;
    let place: string | null = null;
    if (note && !blocked) {
      const draft = `${path}.open`;
      if (await decryptFile(path, 4 + sealed.length, note, draft)) place = await publish(draft);
    }
    return sessions.commit(() => {
      const opened = this.#take(message, sealed ?? new Uint8Array(0), ({ file }) => {
        return file && place !== null
          ? { file: { name: file.name, size: file.size, path: place } }
          : null;
      });
      return opened.kind === "nothing" && note && !place && !blocked ? { kind: "unknown" } : opened;
    });
  }

  /** What an envelope holds; null where it cannot be opened. Nothing is changed. */
  #peek(identity: Identity, envelope: Bytes): Content | null {
    class Undo extends Error {}
    let content: Content | null = null;
    try {
      this.#options.sessions.commit(() => {
        content = this.#options.sessions.open(identity, MessageType.file, envelope);
        throw new Undo();
      });
    } catch (error) {
      if (!(error instanceof Undo || error instanceof CryptoError)) throw error;
    }
    return content;
  }

  /**
   * Does what a reset asks for: starts a new session and puts the named messages into the outbox
   * again. Gives the names of files that must be sent anew; null where it is too early: each client
   * gets one answer a minute, and the server may want to be asked later.
   * @throws {CryptoError} `decrypt-failed` where it is none of its sender
   * @throws {ClientError} what the network may do
   */
  async answerReset({ envelope, from, identity }: Incoming): Promise<string[] | null> {
    const { profile, sessions, outgoing, own, now } = this.#options;
    const { contacts, envelopes, history, repairs } = profile;
    const reset = await decodeReset(envelope.content ?? new Uint8Array(0), identity, own.identity);
    if (contacts.byId(from.id)?.blocked || !repairs.isNew(from.id, reset.time)) {
      envelopes.markDone(envelope.number);
      return [];
    }
    if (repairs.answeredLately(from.id, now())) return null;
    const bundle = await this.#bundleOf(identity, from.name);
    return bundle && sessions.commit(() => {
      envelopes.markDone(envelope.number);
      repairs.accept(from.id, reset.time, now());
      outgoing.explained(from.name, () => sessions.start(identity, bundle));
      const files: string[] = [];
      let count = 0;
      for (const messageId of new Set(reset.messageIds)) {
        const entry = history.sentAs(from.id, messageId);
        if (!entry?.contentId) continue;
        if ("file" in entry.body) {
          files.push(entry.body.file.name);
          history.markFailed(entry.number);
          continue;
        }
        const content = { id: entry.contentId, at: entry.at, text: entry.body.text };
        const sealed = sessions.seal(identity, MessageType.text, content);
        outgoing.put(from.id, MessageType.text, sealed, entry.number);
        count++;
      }
      if (count === 0) {
        const content = { id: outgoing.newContentId(), at: now() };
        const sealed = sessions.seal(identity, MessageType.key, content);
        outgoing.put(from.id, MessageType.key, sealed, null);
      }
      return files;
    });
  }

  /** The prekeys for a new session; null where the server may give them later. */
  async #bundleOf(identity: Identity, name: string): Promise<PrekeyBundle | null> {
    try {
      return await this.#options.outgoing.bundleOf(identity, name);
    } catch (error) {
      if (error instanceof ClientError && (mayPass(error) || error.code === "no-prekeys")) {
        return null;
      }
      throw error;
    }
  }

  /**
   * Puts resets into the outbox for those whose messages could not be opened; `identityOf` gives who
   * they are. Gives whom it asked.
   */
  async askAgain(identityOf: (peer: Bytes) => Promise<Identity | undefined>): Promise<Bytes[]> {
    const { profile, outgoing, own, signing, now } = this.#options;
    const { repairs } = profile;
    const asked: Bytes[] = [];
    for (const peer of repairs.peersWanting()) {
      const askedAt = now();
      const messageIds = repairs.due(peer, askedAt);
      const identity = messageIds.length > 0 ? await identityOf(peer) : undefined;
      if (!identity) continue;
      const time = repairs.nextTime(peer, askedAt);
      const content = await encodeReset({ time, messageIds }, own.identity, identity, signing);
      profile.transaction(() => {
        repairs.asked(peer, askedAt, time, messageIds);
        outgoing.put(peer, MessageType.keyRequest, content, null);
      });
      asked.push(peer);
    }
    return asked;
  }
}

/** The envelope at the start of the file at `path`, of `size` bytes; undefined where there is none. */
async function envelopeOf(path: string, size: number): Promise<Bytes | undefined> {
  if (size < 4) return undefined;
  const length = new Reader(await readStart(path, 4)).u32();
  if (length > MAX_FILE_ENVELOPE || length > size - 4) return undefined;
  return (await readStart(path, 4 + length)).slice(4);
}

/** More than the envelope of any file note needs, whose name is bounded. */
const MAX_FILE_ENVELOPE = 64 * 1024;

/** Writes what the file at `path` holds behind `start` to `draft`; false where it is not whole. */
async function decryptFile(
  path: string,
  start: number,
  { key, size }: FileNote,
  draft: string,
): Promise<boolean> {
  try {
    const ciphertext = ReadableStream.from(readFile(path, start));
    return await writeNewFile(draft, ciphertext.pipeThrough(chunkDecryptStream(key))) === size;
  } catch (error) {
    if (error instanceof CryptoError) return false;
    throw error;
  }
}

/**
 * Opening what secure clients send. A step of a session, the plaintext that it gives, and the note
 * that the message is done are one transaction; what fails leaves the session as it was, and its
 * sender is asked for it again.
 */
import type { Bytes } from "../../shared/bytes.ts";
import { fileChunkCount } from "../../shared/crypto/file_chunks.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { CryptoError } from "../../shared/errors.ts";
import { MAX_U32 } from "../../shared/limits.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import type { Party } from "../../shared/session/agreement.ts";
import type { Content } from "../../shared/session/content.ts";
import type { PrekeyBundle } from "../../shared/session/prekeys.ts";
import { decodeReset, encodeReset } from "../../shared/session/reset.ts";
import { ClientError } from "../errors.ts";
import { mayPass } from "../network/failures.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Peer } from "../contacts/peers.ts";
import type { Envelope } from "../profile/tables/envelopes.ts";
import type { HistoryBody, HistoryEntry } from "../profile/tables/history.ts";
import type { Profile } from "../profile/profile.ts";
import type { Sessions } from "./sessions.ts";
import { absolutePath } from "../transfers/transfer_files.ts";

/** A collected message with its sender. */
export interface Incoming {
  envelope: Envelope;
  from: Peer;
  identity: Identity;
}

/** What became of a message. */
export type Opened =
  /** It is in the history under this number, and not shown yet: a text, or a file that waits. */
  | { kind: "new"; history: number }
  /** There is nothing to show. */
  | { kind: "nothing" }
  /** It could not be opened; its sender is going to be asked for it again. */
  | { kind: "unreadable" }
  /** It was opened, and makes no sense here. */
  | { kind: "unknown" };

/** What is to be done with the files that messages tell of. */
export interface FileWishes {
  /** Where those that are wanted at once go. */
  readonly folder: string;
  /** The largest one that is wanted at once, in bytes of plaintext; -1 for none. */
  readonly maxSize: number;
}

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

  /** Opens messages of types 2 to 4 in one transaction. */
  openAll(messages: readonly Incoming[], wishes: FileWishes): Opened[] {
    return this.#options.sessions.commit(() =>
      messages.map((message) => this.#take(message, wishes))
    );
  }

  /** Opens one envelope and notes what comes of it. */
  #take({ envelope, from, identity }: Incoming, wishes: FileWishes): Opened {
    const { profile, sessions, now } = this.#options;
    const { contacts, envelopes, history, repairs } = profile;
    const blocked = contacts.byId(from.id)?.blocked === true;
    envelopes.markDone(envelope.number);
    let content: Content | null;
    try {
      content = sessions.open(identity, envelope.type, envelope.content ?? new Uint8Array(0));
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error;
      if (!blocked) repairs.want(from.id, envelope.messageId);
      return blocked ? { kind: "nothing" } : { kind: "unreadable" };
    }
    repairs.healed(from.id);
    if (!content) return { kind: "unknown" };
    const body = bodyOf(content);
    if (blocked || !body) return { kind: "nothing" };
    if ("file" in body && fileChunkCount(body.file.size) > MAX_U32) return { kind: "unknown" };
    const stored = now();
    const number = history.addReceived({
      peer: from.id,
      at: content.at,
      stored,
      contentId: content.id,
      messageId: envelope.messageId,
      body,
    });
    if (number === undefined) return { kind: "nothing" };
    if (!content.file) return { kind: "new", history: number };
    const wanted = content.file.size <= wishes.maxSize;
    profile.transfers.add({
      direction: "down",
      peer: from.id,
      ...content.file,
      path: wanted ? absolutePath(wishes.folder) : null,
      started: stored,
      history: number,
    });
    if (!wanted) return { kind: "new", history: number };
    history.markShown(number); // until it has come
    return { kind: "nothing" };
  }

  /**
   * Does what a reset asks for: starts a new session and puts the named messages into the outbox
   * again. Gives false where it is too early: each client gets one answer a minute, and the server
   * may want to be asked later.
   * @throws {CryptoError} `decrypt-failed` where it is none of its sender
   * @throws {ClientError} what the network may do
   */
  async answerReset({ envelope, from, identity }: Incoming): Promise<boolean> {
    const { profile, sessions, outgoing, own, now } = this.#options;
    const { contacts, envelopes, history, repairs } = profile;
    const reset = await decodeReset(envelope.content ?? new Uint8Array(0), identity, own.identity);
    if (contacts.byId(from.id)?.blocked || !repairs.isNew(from.id, reset.time)) {
      envelopes.markDone(envelope.number);
      return true;
    }
    if (repairs.answeredLately(from.id, now())) return false;
    const bundle = await this.#bundleOf(identity, from.name);
    if (!bundle) return false;
    sessions.commit(() => {
      envelopes.markDone(envelope.number);
      repairs.accept(from.id, reset.time, now());
      outgoing.explained(from.name, () => sessions.start(identity, bundle));
      let count = 0;
      for (const messageId of new Set(reset.messageIds)) {
        const entry = history.sentAs(from.id, messageId);
        const again = entry && contentOf(entry);
        if (!again) continue;
        const { type, content } = again;
        outgoing.put(from.id, type, sessions.seal(identity, type, content), entry.number);
        count++;
      }
      if (count > 0) return;
      const content = { id: outgoing.newContentId(), at: now() };
      const sealed = sessions.seal(identity, MessageType.key, content);
      outgoing.put(from.id, MessageType.key, sealed, null);
    });
    return true;
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
   * they are.
   */
  async askAgain(identityOf: (peer: Bytes) => Promise<Identity | undefined>): Promise<void> {
    const { profile, outgoing, own, signing, now } = this.#options;
    const { repairs } = profile;
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
    }
  }
}

/** What the history keeps of a content; null where it only starts a session. */
function bodyOf({ text, file }: Content): HistoryBody | null {
  if (text !== undefined) return { text };
  return file ? { file: { ...file, path: null } } : null;
}

/** The content that an entry was sent as; null for one that was sent without a session. */
function contentOf(
  { contentId, at, body }: HistoryEntry,
): { type: MessageType; content: Content } | null {
  if (!contentId) return null;
  const head = { id: contentId, at };
  if ("text" in body) return { type: MessageType.text, content: { ...head, text: body.text } };
  const { name, size, blob, key } = body.file;
  if (!blob || !key) return null;
  return { type: MessageType.file, content: { ...head, file: { name, size, blob, key } } };
}

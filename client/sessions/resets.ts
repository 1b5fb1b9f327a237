import type { Bytes } from "../../shared/bytes.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import type { Content } from "../../shared/session/content.ts";
import { decodeReset, encodeReset } from "../../shared/session/reset.ts";
import type { Session } from "../../shared/session/session.ts";
import type { Statement } from "../../shared/session/statement.ts";
import { ClientError, type ClientErrorCode } from "../errors.ts";
import { mayPass } from "../network/failures.ts";
import type { Profile } from "../profile/profile.ts";
import type { Control, HistoryEntry } from "../profile/tables/history_entry.ts";
import type { SessionContext } from "./context.ts";
import type { Incoming } from "./secure_opener.ts";
import type { Sender } from "./sender.ts";
import type { Sessions } from "./sessions.ts";
import type { SessionStarter } from "./session_starter.ts";

/** What a client's prekeys may be the reason of. */
const UNUSABLE: readonly ClientErrorCode[] = ["no-prekeys", "bad-key", "wrong-identity"];

type ResetsOptions = Pick<SessionContext, "profile" | "own" | "signing" | "now"> & {
  sessions: Sessions;
  starter: SessionStarter;
  sender: Sender;
};

/** What became of the messages that a reset names: their IDs in the mailbox of its sender. */
export interface Repaired {
  /** They are sent again. */
  readonly again: readonly number[];
  /** They are files that this version cannot announce again. */
  readonly lost: readonly number[];
}

const NOTHING: Repaired = { again: [], lost: [] };

/**
 * Getting back into step (`shared/PROTOCOL.md`, Messages). A client is sent a reset that names its
 * messages that could not be opened. It starts a new session, and sends them again.
 */
export class Resets {
  constructor(private readonly options: ResetsOptions) {}

  /**
   * Does what a reset asks for: starts a new session and puts the named messages into the outbox
   * again. Returns what became of them; null if it is too early: each client gets four answers and
   * then one a minute, and the server may want to be asked later.
   * @throws {CryptoError} `decrypt-failed` if it is none of its sender
   * @throws {ClientError} what the network may do
   */
  async answer({ envelope, from, identity }: Incoming): Promise<Repaired | null> {
    const { profile, sessions, own, now } = this.options;
    const { contacts, envelopes, repairs } = profile;
    const isBlocked = contacts.byId(from.id)?.blocked === true;
    const content = envelope.content ?? new Uint8Array(0);
    const reset = isBlocked ? null : decodeReset(content, identity, own.identity);
    if (!reset || !repairs.isNew(from.id, reset.time)) {
      envelopes.markDone(envelope.number);
      return NOTHING;
    }
    if (repairs.answeredLately(from.id, now())) return null;
    const session = await this.#start(identity, from.name);
    if (!session) return null;
    return sessions.commit(() => {
      envelopes.markDone(envelope.number);
      repairs.accept(from.id, reset.time, now());
      sessions.add(identity, session);
      return this.#sendAgain(identity, new Set(reset.messageIds));
    });
  }

  /**
   * Puts messages into the outbox once more; if there is none of them, what starts the session.
   * Says nothing of those that are not in the history: they started sessions, or were forgotten.
   */
  #sendAgain(to: Identity, messageIds: ReadonlySet<number>): Repaired {
    const { profile: { history }, sessions, sender, now } = this.options;
    const again: number[] = [];
    const lost: number[] = [];
    for (const messageId of messageIds) {
      const entry = history.sentAs(to.clientId, messageId);
      if (!entry) continue;
      const message = contentOf(entry, history);
      if (!message && "file" in entry.body) lost.push(messageId);
      if (!message) continue;
      again.push(messageId);
      const { type, content } = message;
      sender.put(to.clientId, type, sessions.seal(to, type, content), entry.number);
    }
    if (again.length > 0) return { again, lost };
    const content = { id: sender.newContentId(), at: now() };
    const sealed = sessions.seal(to, MessageType.key, content);
    sender.put(to.clientId, MessageType.key, sealed, null);
    return { again, lost };
  }

  /**
   * Returns a new session; null if the server may give the prekeys for it later. Who has published
   * none, or none of use, has had its answer for this minute: each attempt counts towards the pace
   * at which prekeys may be fetched, also those of others.
   */
  async #start(identity: Identity, name: string): Promise<Session | null> {
    const { profile: { repairs }, starter, now } = this.options;
    try {
      return await starter.start(identity, name);
    } catch (error) {
      if (mayPass(error)) return null;
      if (!(error instanceof ClientError && UNUSABLE.includes(error.code))) throw error;
      repairs.attempted(identity.clientId, now());
      if (error.code === "no-prekeys") return null;
      throw error;
    }
  }

  /**
   * Puts resets into the outbox for those whose messages could not be opened; `identityOf` returns
   * who they are.
   */
  async askAgain(identityOf: (peer: Bytes) => Promise<Identity | undefined>): Promise<void> {
    const { profile, sender, own, signing, now } = this.options;
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
        sender.put(peer, MessageType.keyRequest, content, null);
      });
    }
  }
}

/**
 * Returns the content that an entry was sent as, with its latest text; null for one that was sent
 * without a session, or changes a message that is gone.
 */
export function contentOf(
  { peer, contentId, at, body, deletedAt, reply, timer }: HistoryEntry,
  history: Profile["history"],
): { type: MessageType; content: Content } | null {
  if (!contentId || deletedAt !== undefined) return null;
  const id = { id: contentId, at };
  if ("timer" in body) return { type: MessageType.text, content: { ...id, timer: body.timer } };
  if ("control" in body) {
    const statement = statementOf(body.control, peer, history);
    return statement && { type: MessageType.text, content: { ...id, ...statement } };
  }
  const head = { ...id, ...reply && { reply }, ...timer && { expires: timer } };
  if ("text" in body) return { type: MessageType.text, content: { ...head, text: body.text } };
  if (!("file" in body)) return null;
  const { name, size, blob, key } = body.file;
  if (!blob || !key) return null;
  return { type: MessageType.file, content: { ...head, file: { name, size, blob, key } } };
}

/** Returns what changes another message, as that is now; null if that is gone. */
function statementOf(
  control: Control,
  peer: Bytes,
  history: Profile["history"],
): Statement | null {
  if ("delete" in control) return control;
  const target = "edit" in control ? control.edit : control.reaction;
  const entry = history.sentWith(peer, target) ?? history.receivedAs(peer, target);
  if (!entry || entry.deletedAt !== undefined) return null;
  if ("reaction" in control) {
    return { reaction: { target, emoji: entry.reactions?.own?.emoji ?? "" } };
  }
  return "text" in entry.body ? { edit: { target, text: entry.body.text } } : null;
}

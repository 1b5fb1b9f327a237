import type { Bytes } from "../shared/bytes.ts";
import type { Identity } from "../shared/crypto/identity.ts";
import { MAX_TIMER } from "../shared/limits.ts";
import { MessageType } from "../shared/protocol/codes.ts";
import { isReaction, type Statement } from "../shared/session/statement.ts";
import type { ContactBook, MarkedPeer } from "./contacts/contact_book.ts";
import type { Peer, Peers } from "./contacts/peers.ts";
import { ClientError } from "./errors.ts";
import type { Profile } from "./profile/profile.ts";
import type { Control, HistoryEntry } from "./profile/tables/history_entry.ts";
import { canEdit, EDIT_TIME } from "./sessions/changes.ts";
import { checkText, type Sending } from "./sending.ts";
import type { SecureMessaging } from "./sessions/secure_messaging.ts";

export interface MessagesOptions {
  profile: Profile;
  peers: Peers;
  contactBook: ContactBook;
  sending: Sending;
  /** Returns what a secure profile has; null in a classic one. */
  secure: () => Promise<SecureMessaging | null>;
  now: () => number;
}

/** A change, and how it is told and kept, of a message with this content ID. */
interface Telling {
  control(target: Bytes): Control;
  statement(target: Bytes): Statement;
  change(): void;
}

/** Messages that are expired at a time. */
const PAGE = 256;

/**
 * What can be done with messages that are in the history already. A change is made here, and told
 * the other side by a content of its own, which waits like a text if the server cannot be reached.
 */
export class Messages {
  constructor(private readonly options: MessagesOptions) {}

  /**
   * Returns an entry of the history.
   * @throws {ClientError} `unknown-message`
   */
  entry(number: number): HistoryEntry {
    const entry = this.options.profile.history.entry(number);
    if (entry) return entry;
    const message =
      `there is no message ${number}; numbers stand in: messaging-client history NAME`;
    throw new ClientError("unknown-message", message);
  }

  /**
   * Changes a text that the owner sent, on both sides. Returns its entry.
   * @throws {ClientError} `unknown-message`, `not-possible`, `bad-text`, and as a text that is sent
   */
  async edit(number: number, text: string): Promise<HistoryEntry> {
    checkText(text);
    if (text === "") {
      const instead = "to take a message back: messaging-client delete";
      throw new ClientError("bad-text", `there is no text, and nothing was changed; ${instead}`);
    }
    const entry = this.#present(number);
    const { history } = this.options.profile;
    const at = Math.max(this.options.now(), (entry.editedAt ?? 0) + 1);
    if (!entry.sent || !("text" in entry.body)) {
      throw notPossible(number, "only a text of your own can be changed");
    }
    if (!this.#isNote(entry) && !canEdit(entry, at)) {
      throw notPossible(number, `a text can be changed for ${EDIT_TIME / 3_600_000} hours`);
    }
    await this.#tell(entry, at, {
      control: (target) => ({ edit: target }),
      statement: (target) => ({ edit: { target, text } }),
      change: () => history.mark(number, { body: { text }, editedAt: at }),
    });
    return this.entry(number);
  }

  /**
   * Deletes a message here; with `forBoth`, which is for own ones, on both sides.
   * @throws {ClientError} `unknown-message`, `not-possible`, and as a text that is sent
   */
  async delete(number: number, { forBoth }: { forBoth: boolean }): Promise<HistoryEntry> {
    const entry = this.entry(number);
    const { profile: { history }, now } = this.options;
    if (!forBoth || this.#isNote(entry)) {
      await this.#eraseFile(entry);
      history.remove(number);
      return entry;
    }
    if (!entry.sent) throw notPossible(number, "only its author can delete it for both");
    if (entry.deletedAt !== undefined) return entry;
    await this.#eraseFile(entry);
    const at = now();
    await this.#tell(entry, at, {
      control: (target) => ({ delete: target }),
      statement: (target) => ({ delete: target }),
      change: () => history.erase(number, at),
    });
    return this.entry(number);
  }

  /**
   * Says what the owner thinks of a message: an emoji, or nothing any more.
   * @throws {ClientError} `unknown-message`, `not-possible`, `bad-text`, and as a text that is sent
   */
  async react(number: number, emoji: string): Promise<HistoryEntry> {
    if (!isReaction(emoji)) {
      throw new ClientError("bad-text", "a reaction is one emoji, or a few letters in one line");
    }
    const entry = this.#present(number);
    const { profile: { history }, now } = this.options;
    const { reactions = {} } = entry;
    const at = Math.max(now(), (reactions.own?.at ?? 0) + 1);
    await this.#tell(entry, at, {
      control: (target) => ({ reaction: target }),
      statement: (target) => ({ reaction: { target, emoji } }),
      change: () => history.mark(number, { reactions: { ...reactions, own: { emoji, at } } }),
    });
    return this.entry(number);
  }

  /** Returns after how many seconds the messages of a conversation disappear; 0: they stay. */
  timer(name: string): { peer: MarkedPeer; seconds: number } {
    const { profile: { contacts }, contactBook } = this.options;
    const peer = contactBook.contact(name);
    return { peer, seconds: contacts.timer(peer.id)?.seconds ?? 0 };
  }

  /**
   * Has the messages of a conversation disappear so many seconds after they were sent or read, on
   * both sides; 0: they stay. Returns the entry that says so.
   * @throws {ClientError} `unknown-name`, `not-possible` with a classic client, and as a text
   */
  async setTimer(name: string, seconds: number): Promise<HistoryEntry> {
    if (seconds > MAX_TIMER) throw new ClientError("not-possible", "a timer has at most 365 days");
    const { profile: { contacts }, sending, now } = this.options;
    const to = await sending.receiver(name);
    const { identity, secure } = await this.#sessionWith(to);
    const at = Math.max(now(), (contacts.timer(to.id)?.at ?? 0) + 1);
    const content = { id: secure.sender.newContentId(), at, timer: seconds };
    const draft = { to: identity, type: MessageType.text, content, body: { timer: seconds } };
    let number = 0;
    await secure.sender.send(draft, (history) => {
      number = history;
      contacts.setTimer(to.id, { seconds, at, id: content.id });
    });
    return this.entry(number);
  }

  /**
   * Notes that a person has read these messages: their timers run, and their authors are told, if
   * they are to know. Nothing of it waits for the server.
   */
  async noteRead(numbers: readonly number[]): Promise<void> {
    const { profile, secure, now } = this.options;
    const read = profile.history.noteRead(numbers, now());
    const side = read.length > 0 ? await secure() : null;
    if (!side) return;
    for (const some of Map.groupBy(read, ({ peer }) => peer.join()).values()) {
      const ids = some.filter(isMessage).flatMap(({ contentId }) => contentId ?? []);
      const identity = ids.length > 0 && await this.#knownIdentity(some[0].peer);
      if (identity) side.receipts.sendRead(identity, ids);
    }
  }

  /** Sets whether a contact is told that its messages arrived and were read, or asks for it. */
  receipts(name: string, on?: boolean): { peer: MarkedPeer; on: boolean } {
    const { profile: { contacts }, contactBook } = this.options;
    const peer = contactBook.contact(name);
    if (on !== undefined) contacts.setReceipts(peer.id, on);
    return { peer, on: contacts.getsReceipts(peer.id) };
  }

  /** Forgets the messages whose time is over, and what is kept of their files. */
  async expire(): Promise<void> {
    const { profile, now } = this.options;
    const { history } = profile;
    for (let numbers; (numbers = history.expired(now(), PAGE)).length > 0;) {
      for (const number of numbers) {
        const entry = history.entry(number);
        if (entry) await this.#eraseFile(entry);
      }
      profile.transaction(() => numbers.forEach((number) => history.remove(number)));
      profile.shrink();
    }
  }

  /** Returns the identity of a client, if it can be had now. */
  async #knownIdentity(id: Bytes): Promise<Identity | undefined> {
    const { peers } = this.options;
    try {
      return await peers.identityOf(peers.withId(id));
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
    }
  }

  async #eraseFile(entry: HistoryEntry): Promise<void> {
    if ("file" in entry.body) await (await this.options.secure())?.files.eraseOf(entry);
  }

  #present(number: number): HistoryEntry {
    const entry = this.entry(number);
    if (entry.deletedAt === undefined) return entry;
    throw notPossible(number, "it was deleted");
  }

  #isNote({ peer }: HistoryEntry): boolean {
    return this.options.peers.isOwn(peer);
  }

  /** Makes a change here with `change`, and tells the other side in the same step. */
  async #tell(
    entry: HistoryEntry,
    at: number,
    { control, statement, change }: Telling,
  ): Promise<void> {
    if (this.#isNote(entry)) return change();
    const { number, peer, contentId, state } = entry;
    if (!contentId) throw notPossible(number, "classic clients know nothing of that");
    if (state === "failed") throw notPossible(number, "it was not sent");
    const { identity, secure } = await this.#sessionWith(this.options.peers.withId(peer));
    const content = { id: secure.sender.newContentId(), at, ...statement(contentId) };
    await secure.sender.send({
      to: identity,
      type: MessageType.text,
      content,
      body: { control: control(contentId) },
    }, change);
  }

  async #sessionWith(to: Peer): Promise<{ identity: Identity; secure: SecureMessaging }> {
    const identity = await this.options.peers.identityOf(to);
    if (identity) return { identity, secure: await this.options.sending.readyFor(identity, to) };
    const message = `${to.name} or you are a classic client, and those know nothing of that`;
    throw new ClientError("not-possible", message);
  }
}

function isMessage({ body }: HistoryEntry): boolean {
  return "text" in body || "file" in body;
}

function notPossible(number: number, why: string): ClientError {
  return new ClientError("not-possible", `message ${number} cannot be changed so: ${why}`);
}

import { type Bytes, equalBytes, toHex } from "../../shared/bytes.ts";
import { CryptoError } from "../../shared/errors.ts";
import { MAX_ENVELOPE_SIZE, MAX_LOOKED_UP, MiB } from "../../shared/limits.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import type { ClassicOpener } from "../classic/classic_opener.ts";
import type { Peer, Peers } from "../contacts/peers.ts";
import { isStranger } from "../contacts/strangers.ts";
import { readWhole, removeFile } from "../disk/files.ts";
import { ClientError } from "../errors.ts";
import type { Profile } from "../profile/profile.ts";
import type { Envelope } from "../profile/tables/envelopes.ts";
import type { Incoming } from "../sessions/secure_opener.ts";
import type { Change } from "../sessions/changes.ts";
import type { SecureMessaging } from "../sessions/secure_messaging.ts";
import { isFiled } from "./message_collector.ts";
import { isForLater, type Problem, problemOf } from "./problems.ts";
import type { Received } from "./received.ts";
import type { Round } from "./round.ts";
import type { ShownMessages } from "./shown_messages.ts";

/** Messages among which others are looked for, when the sender of one is. */
const LOOK_AHEAD = 1024;
/** Messages that are opened in one transaction, and bytes after which it takes no more. */
const BATCH = 256;
const BATCH_SIZE = 4 * MiB;

/** The types whose classic contents are never empty. */
const CBC_TYPES: readonly MessageType[] = [MessageType.text, MessageType.file];

export interface MessageOpenerOptions {
  profile: Profile;
  peers: Peers;
  classic: ClassicOpener;
  /** Null in a classic profile. */
  secure: SecureMessaging | null;
  shown: ShownMessages;
}

/** Opening: messages that were collected become entries of the history, in their order. */
export class MessageOpener {
  constructor(private readonly options: MessageOpenerOptions) {}

  /**
   * Opens all that waits and that `round` admits. A failure of the network stops only what needs
   * the server; a message that cannot be opened stays, and holds up nobody else's.
   */
  async *openAll(round: Round): AsyncGenerator<Received> {
    try {
      yield* this.#openEach(round);
    } finally {
      yield* round.unusable.take();
      yield* round.declined.take(this.options.peers);
    }
  }

  async *#openEach(round: Round): AsyncGenerator<Received> {
    const { envelopes } = this.options.profile;
    /** Small messages of secure clients, which are opened together. */
    const group = new Group();
    round.startPass();
    for (let after = 0;;) {
      const envelope = envelopes.nextWaiting(after);
      if (!envelope || group.isFull) yield* this.#openGroup(group, round);
      if (!envelope) {
        if (!round.takeRetries()) return;
        after = 0;
        continue;
      }
      after = envelope.number;
      if (await this.#isOwn(envelope) || !round.admits(envelope)) continue;
      if (round.failure !== undefined && this.#needsServer(envelope, round)) {
        round.hold(envelope);
        continue;
      }
      let from: Peer | undefined;
      try {
        from = await this.#senderOf(envelope, round);
        const identity = await this.options.peers.identityOf(from);
        if (identity) {
          group.add({ envelope: await this.#withContent(envelope), from, identity });
          continue;
        }
        yield* this.#openGroup(group, round);
        if (yield* this.#openClassic(envelope, from, round)) after = 0;
      } catch (error) {
        if (isForLater(error)) {
          round.failure ??= error;
          round.hold(envelope);
          continue;
        }
        if (!from) throw error;
        // Who sent it cannot be found out today.
        yield problemOf(error, envelope, from).received;
        round.leave(envelope, "blocking");
      }
    }
  }

  /** Drops a message that names the owner as its sender: clients send none to themselves. */
  async #isOwn(envelope: Envelope): Promise<boolean> {
    const { secureIdentity } = this.options.profile;
    if (!secureIdentity || !equalBytes(envelope.from, secureIdentity.id)) return false;
    await this.#drop(envelope);
    return true;
  }

  #needsServer({ type, from }: Envelope, round: Round): boolean {
    return !this.options.peers.known(from) ||
      type === MessageType.keyRequest && !round.answered.has(toHex(from));
  }

  /** Asks the server for an unknown sender once a pass, and with it for others that come soon. */
  async #senderOf({ from, number }: Envelope, round: Round): Promise<Peer> {
    const { peers, profile } = this.options;
    if (!peers.known(from) && !round.askedFor.has(toHex(from))) {
      const unknown = new Map<string, Bytes>();
      for (const sender of profile.envelopes.sendersFrom(number, LOOK_AHEAD)) {
        const key = toHex(sender);
        if (!peers.known(sender) && !round.askedFor.has(key)) unknown.set(key, sender);
        if (unknown.size === MAX_LOOKED_UP) break;
      }
      for (const key of unknown.keys()) round.askedFor.add(key);
      await peers.find([...unknown.values()]);
    }
    return peers.withId(from);
  }

  /**
   * Returns the envelope with its content; without, if that is lost, or too large for a session.
   */
  async #withContent(envelope: Envelope): Promise<Envelope> {
    const { number, size, content } = envelope;
    if (content !== null || size > MAX_ENVELOPE_SIZE) return envelope;
    const lost = (error: unknown) => {
      if (error instanceof ClientError) return null;
      throw error;
    };
    const path = this.options.profile.envelopes.path(number);
    return { ...envelope, content: await readWhole(path).catch(lost) };
  }

  /**
   * Empties a group: opens its messages in one transaction, shows what there is to show, and
   * answers its resets.
   */
  async *#openGroup(group: Group, round: Round): AsyncGenerator<Received> {
    const all = group.take();
    const isReset = ({ envelope }: Incoming) => envelope.type === MessageType.keyRequest;
    const messages = all.filter((incoming) => !isReset(incoming));
    if (messages.length > 0) {
      const opened = this.#secure.opener.openAll(messages, round.wishes);
      for (const { envelope: { number, type, size } } of messages) {
        if (!isFiled(type, size)) continue;
        await removeFile(this.options.profile.envelopes.path(number));
      }
      const { shown } = this.options;
      const isChanged = opened.some(({ kind }) => kind === "changes");
      try {
        for (const [i, what] of opened.entries()) {
          const { from } = messages[i];
          if (what.kind === "new" && isChanged) yield* shown.entry(what.entry.number, from);
          else if (what.kind === "new") yield* shown.added(what.entry, from);
          else if (what.kind === "changes") yield* this.#tellOf(what.changes, from);
          else if (what.kind === "unusable") round.unusable.add(from, what.flaw);
        }
      } finally {
        this.options.profile.shown.settle();
      }
    }
    for (const reset of all.filter(isReset)) yield* this.#answerReset(reset, round);
  }

  /** Tells of changes; nothing more is fetched of files that were deleted. */
  async *#tellOf(changes: readonly Change[], from: Peer): AsyncGenerator<Received> {
    for (const change of changes) {
      yield* this.options.shown.change(change, from);
      const entry = this.options.profile.history.entry(change.entry);
      if (entry && change.what === "deleted") await this.#secure.files.eraseOf(entry);
    }
  }

  /** Does what the reset of a secure client asks for. */
  async *#answerReset(incoming: Incoming, round: Round): AsyncGenerator<Received> {
    const { envelope, from } = incoming;
    if (round.failure !== undefined) return; // the next pass looks at it again
    try {
      const repaired = await this.#secure.resets.answer(incoming);
      if (!repaired && round.mayWait(from)) round.leave(envelope, "alone");
      else await this.#drop(envelope);
      if (repaired) yield* this.options.shown.repaired(from, repaired);
    } catch (error) {
      if (isForLater(error)) {
        round.failure ??= error;
      } else if (error instanceof CryptoError) {
        await this.#drop(envelope); // whoever sent this, it was not the client
        round.unusable.add(from, "bad-reset");
      } else {
        yield problemOf(error, envelope, from).received;
        await this.#drop(envelope); // no key that comes later can help
      }
    }
  }

  /** Marks a message as done that changes nothing. To look at it again would do no harm. */
  async #drop(envelope: Envelope): Promise<void> {
    const { profile } = this.options;
    profile.transaction(() => profile.envelopes.markDone(envelope.number), { durable: false });
    await this.#removeFile(envelope);
  }

  /**
   * Opens a message from, or by, a classic client. Returns whether messages from before it may be
   * readable now.
   */
  async *#openClassic(
    envelope: Envelope,
    from: Peer,
    round: Round,
  ): AsyncGenerator<Received, boolean> {
    const { classic, shown, profile } = this.options;
    const { wishes: { folder }, answered } = round;
    if (envelope.type === MessageType.file && isStranger(profile, from.id)) {
      if (!profile.contacts.byId(from.id)?.blocked) {
        round.declined.add(envelope, "stranger");
      }
      await this.#drop(envelope);
      return false;
    }
    const head = { message: envelope.messageId, from };
    if (this.options.secure && envelope.size === 0 && CBC_TYPES.includes(envelope.type)) {
      const text =
        `the server lost message ${envelope.messageId} from ${from.name}; ask for it again`;
      yield { ...head, type: "problem", error: new ClientError("gone", text) };
      await this.#drop(envelope);
      return false;
    }
    try {
      const opened = await classic.open(envelope, from, { folder, answered });
      await this.#removeFile(envelope);
      if (opened.kind === "new") yield* shown.entry(opened.history, from);
      else if (opened.kind !== "nothing") yield { ...head, type: opened.kind };
      return opened.kind === "key" && opened.retries > 0 && round.retry(from.id);
    } catch (error) {
      yield* this.#failed(problemOf(error, envelope, from), envelope, round);
      return false;
    }
  }

  /**
   * Tells of a classic message that could not be opened, and keeps it; except in a secure profile
   * what no key will ever open, as none is taken from others there: strangers must not fill the
   * disk with it.
   */
  async *#failed(problem: Problem, envelope: Envelope, round: Round): AsyncGenerator<Received> {
    const { state, received } = problem;
    const { number, from, type } = envelope;
    const isHopeless = this.options.secure !== null && state === "unreadable";
    if (isHopeless && type === MessageType.keyRequest) round.answered.add(toHex(from)); // no more
    const isUndecryptable = received.type === "problem" && received.error.code === "cannot-decrypt";
    if (isHopeless && isUndecryptable) round.unusable.add(received.from, "undecryptable");
    else yield received;
    if (isHopeless) await this.#drop(envelope);
    else if (state === "left") round.leave(envelope, "blocking");
    else this.options.profile.envelopes.markUnreadable(number);
  }

  async #removeFile({ number, content }: Envelope): Promise<void> {
    if (content === null) await removeFile(this.options.profile.envelopes.path(number));
  }

  get #secure(): SecureMessaging {
    const { secure } = this.options;
    if (!secure) throw new TypeError("a classic profile has no part in this");
    return secure;
  }
}

/** Messages that are going to be opened in one transaction. */
class Group {
  #messages: Incoming[] = [];
  #size = 0;

  get isFull(): boolean {
    return this.#messages.length === BATCH || this.#size > BATCH_SIZE;
  }

  add(message: Incoming): void {
    this.#messages.push(message);
    this.#size += message.envelope.size;
  }

  /** Returns the messages, and is empty afterwards. */
  take(): Incoming[] {
    this.#size = 0;
    return this.#messages.splice(0);
  }
}

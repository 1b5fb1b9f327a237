import type { Identity } from "../../shared/crypto/identity.ts";
import { toHex } from "../../shared/bytes.ts";
import { CryptoError } from "../../shared/errors.ts";
import { KiB, MAX_ENVELOPE_SIZE, MAX_TIME } from "../../shared/limits.ts";
import type { Content } from "../../shared/session/content.ts";
import { isKnownForm } from "../../shared/session/session.ts";
import type { Peer } from "../contacts/peers.ts";
import { isStranger } from "../contacts/strangers.ts";
import type { Envelope } from "../profile/tables/envelopes.ts";
import type { HistoryBody, HistoryEntry } from "../profile/tables/history_entry.ts";
import { absolutePath } from "../transfers/transfer_files.ts";
import { applyChange, type Change, takeTimer } from "./changes.ts";
import type { SessionContext } from "./context.ts";
import type { Receipts, Stored } from "./receipts.ts";
import type { Sessions } from "./sessions.ts";

/** A collected message with its sender. */
export interface Incoming {
  envelope: Envelope;
  from: Peer;
  identity: Identity;
}

/** Why a message is of no use (`shared/PROTOCOL.md` section 10, Unusable messages). */
export type Flaw =
  /** The server has lost its content; its sender is going to be asked for it again. */
  | "lost"
  /** It fits no session; its sender is going to be asked for it again. */
  | "unreadable"
  /** Its form is not known here, or not any more. */
  | "unknown-form"
  /** It is larger than an envelope may be. */
  | "too-large"
  /** It is of a classic client, and no key that was sent to that fits. */
  | "undecryptable"
  /** It was opened, and its content makes no sense here. */
  | "senseless"
  /** It is a reset that is not valid. */
  | "bad-reset";

/** What sending again can mend. */
const ASKED: readonly Flaw[] = ["lost", "unreadable"];

/** What became of a message. */
export type Opened =
  /** It is this in the history, and not shown yet: a text, or a file that waits. */
  | { kind: "new"; entry: HistoryEntry }
  /** It has changed messages that are in the history. */
  | { kind: "changes"; changes: readonly Change[] }
  /** It was opened, and there is nothing to show. */
  | { kind: "nothing" }
  /** It is a repeat, or nobody wants to hear of it. */
  | { kind: "ignored" }
  | { kind: "unusable"; flaw: Flaw };

/** What to do with the files that messages announce. */
export interface FileWishes {
  /** The folder for those that are fetched at once. */
  readonly folder: string;
  /** The largest that is fetched at once, in bytes of plaintext; -1 for none. */
  readonly maxSize: number;
}

type SecureOpenerOptions = Pick<SessionContext, "profile" | "now"> & {
  sessions: Sessions;
  receipts: Receipts;
};

/** Larger contents of newer versions are not kept, in bytes: 64 KiB. */
const MAX_UNKNOWN_SIZE = 64 * KiB;

/**
 * Opens what secure clients send. A step of a session, its plaintext, and the note
 * that the message is done are one transaction; what fails leaves the session as it was, and its
 * sender is asked for it again.
 */
export class SecureOpener {
  constructor(private readonly options: SecureOpenerOptions) {}

  /** Opens messages of types 2 to 4 in one transaction. */
  openAll(messages: readonly Incoming[], wishes: FileWishes): Opened[] {
    return this.options.sessions.commit(() => {
      const stored: Stored[] = [];
      const opened = messages.map((message) => this.#open(message, wishes, stored));
      this.#noteSteps(messages, opened);
      this.options.receipts.sendDelivered(stored);
      return opened;
    });
  }

  /** Notes who is in step and who is not: once for each sender, however much garbage it sends. */
  #noteSteps(messages: readonly Incoming[], opened: readonly Opened[]): void {
    const { repairs } = this.options.profile;
    const results = messages.map(({ envelope, from }, i) => ({ ...opened[i], envelope, from }));
    for (const some of Map.groupBy(results, ({ from }) => toHex(from.id)).values()) {
      const { id } = some[0].from;
      if (some.some(wasOpened)) repairs.healed(id);
      const lost = some.filter((one) => one.kind === "unusable" && ASKED.includes(one.flaw));
      if (lost.length > 0) repairs.want(id, lost.map(({ envelope }) => envelope.messageId));
    }
  }

  #open(incoming: Incoming, wishes: FileWishes, stored: Stored[]): Opened {
    const { envelope, from, identity } = incoming;
    const { contacts, envelopes } = this.options.profile;
    const isBlocked = contacts.byId(from.id)?.blocked === true;
    envelopes.markDone(envelope.number);
    const content = this.#contentOf(incoming);
    if (content === null) return { kind: "ignored" };
    if (typeof content === "string") {
      return isBlocked ? { kind: "ignored" } : { kind: "unusable", flaw: content };
    }
    if (isBlocked) return { kind: "nothing" };
    const changes = applyChange(this.options.profile, from.id, content, this.options.now());
    if (changes.length > 0) return { kind: "changes", changes };
    if (content.text !== undefined || content.file) {
      stored.push({ from: identity, id: content.id });
    }
    return this.#keep(incoming, content, wishes);
  }

  /** Returns the content of a message, or what is wrong with it; null if it is a repeat. */
  #contentOf({ envelope, from, identity }: Incoming): Content | Flaw | null {
    const { profile: { opened }, sessions } = this.options;
    const { type, size } = envelope;
    const bytes = envelope.content ?? new Uint8Array(0);
    if (size > MAX_ENVELOPE_SIZE) return "too-large";
    if (size === 0) return "lost";
    const tag = opened.tagOf(from.id, type, bytes);
    if (opened.has(tag)) return null;
    // What was lost here is asked for again.
    if (bytes.length > 0 && !isKnownForm(bytes)) return "unknown-form";
    try {
      const content = sessions.open(identity, type, bytes);
      opened.add(tag);
      return content ?? "senseless";
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error;
      return "unreadable";
    }
  }

  /** Keeps a content in the history, unless it came before; a file gets a transfer, too. */
  #keep({ envelope, from }: Incoming, content: Content, wishes: FileWishes): Opened {
    const { profile, now } = this.options;
    const stored = now();
    const body = this.#bodyOf(content, from, stored);
    if (!body) return { kind: "nothing" }; // it only starts a session, or changes nothing
    const { id: contentId, file, reply, expires: timer } = content;
    // Its author may claim a time that no calendar has.
    const at = content.at <= MAX_TIME ? content.at : stored;
    const { messageId } = envelope;
    const arriving = file !== undefined && file.size <= wishes.maxSize &&
      !isStranger(profile, from.id);
    const fields = { peer: from.id, at, stored, contentId, messageId, body, reply, timer };
    const number = profile.history.addReceived(fields, { arriving });
    if (number === undefined) return { kind: "nothing" };
    if (file) {
      profile.transfers.add({
        direction: "down",
        peer: from.id,
        ...file,
        attributes: content.attributes,
        path: arriving ? absolutePath(wishes.folder) : null,
        started: stored,
        history: number,
      });
    }
    if (arriving) return { kind: "nothing" };
    return { kind: "new", entry: { ...fields, number, sent: false, state: "received" } };
  }

  /** Returns what the history keeps of a content; undefined if that is nothing. */
  #bodyOf(content: Content, from: Peer, now: number): HistoryBody | undefined {
    const { text, file, timer, unknown } = content;
    if (text !== undefined) return { text };
    if (file) return { file: { ...file, path: null } };
    if (unknown) {
      const { name, encoded } = unknown;
      return { unknown: name, content: encoded.length <= MAX_UNKNOWN_SIZE ? encoded : null };
    }
    if (timer === undefined || !takeTimer(this.options.profile, from.id, content, now)) return;
    return { timer };
  }
}

function wasOpened(one: Opened): boolean {
  if (one.kind === "unusable") return one.flaw === "senseless";
  return one.kind !== "ignored";
}

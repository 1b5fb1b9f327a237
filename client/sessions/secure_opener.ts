import type { Identity } from "../../shared/crypto/identity.ts";
import { CryptoError } from "../../shared/errors.ts";
import { MAX_TIME } from "../../shared/limits.ts";
import type { Content } from "../../shared/session/content.ts";
import type { Peer } from "../contacts/peers.ts";
import type { Envelope } from "../profile/tables/envelopes.ts";
import { absolutePath } from "../transfers/transfer_files.ts";
import type { SessionContext } from "./context.ts";
import type { Sessions } from "./sessions.ts";

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

/** What to do with the files that messages announce. */
export interface FileWishes {
  /** The folder for those that are fetched at once. */
  readonly folder: string;
  /** The largest that is fetched at once, in bytes of plaintext; -1 for none. */
  readonly maxSize: number;
}

type SecureOpenerOptions = Pick<SessionContext, "profile" | "now"> & { sessions: Sessions };

/**
 * Opens what secure clients send. A step of a session, its plaintext, and the note
 * that the message is done are one transaction; what fails leaves the session as it was, and its
 * sender is asked for it again.
 */
export class SecureOpener {
  constructor(private readonly options: SecureOpenerOptions) {}

  /** Opens messages of types 2 to 4 in one transaction. */
  openAll(messages: readonly Incoming[], wishes: FileWishes): Opened[] {
    return this.options.sessions.commit(() =>
      messages.map((message) => this.#open(message, wishes))
    );
  }

  #open(incoming: Incoming, wishes: FileWishes): Opened {
    const { envelope, from, identity } = incoming;
    const { profile, sessions } = this.options;
    const { contacts, envelopes, repairs } = profile;
    const blocked = contacts.byId(from.id)?.blocked === true;
    envelopes.markDone(envelope.number);
    let content: Content | null;
    try {
      content = sessions.open(identity, envelope.type, envelope.content ?? new Uint8Array(0));
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error;
      if (blocked) return { kind: "nothing" };
      repairs.want(from.id, envelope.messageId);
      return { kind: "unreadable" };
    }
    repairs.healed(from.id);
    if (!content) return { kind: "unknown" };
    return blocked ? { kind: "nothing" } : this.#keep(incoming, content, wishes);
  }

  /** Keeps a content in the history, unless it came before; a file gets a transfer, too. */
  #keep({ envelope, from }: Incoming, content: Content, wishes: FileWishes): Opened {
    const { profile: { history, transfers }, now } = this.options;
    const { id: contentId, text, file } = content;
    if (text === undefined && !file) return { kind: "nothing" }; // it only starts a session
    const stored = now();
    // Its author may claim a time that no calendar has.
    const at = content.at <= MAX_TIME ? content.at : stored;
    const { messageId } = envelope;
    const body = file ? { file: { ...file, path: null } } : { text: text ?? "" };
    const arriving = file !== undefined && file.size <= wishes.maxSize;
    const entry = { peer: from.id, at, stored, contentId, messageId, body };
    const number = history.addReceived(entry, { arriving });
    if (number === undefined) return { kind: "nothing" };
    if (file) {
      transfers.add({
        direction: "down",
        peer: from.id,
        ...file,
        path: arriving ? absolutePath(wishes.folder) : null,
        started: stored,
        history: number,
      });
    }
    return arriving ? { kind: "nothing" } : { kind: "new", history: number };
  }
}

/** Opens the messages of classic clients, and answers their requests for a key. */
import { type Bytes, toHex } from "../../shared/bytes.ts";
import { CryptoError } from "../../shared/errors.ts";
import { MiB } from "../../shared/limits.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import type { Peer, Peers } from "../contacts/peers.ts";
import { publishFile, readWhole, writeNewFile } from "../disk/files.ts";
import type { Profile } from "../profile/profile.ts";
import type { Envelope } from "../profile/tables/envelopes.ts";
import type { HistoryBody } from "../profile/tables/history.ts";
import { ClassicMessages } from "./classic_messages.ts";

/** What became of a message. The profile has noted it as done. */
export type ClassicOpened =
  /** It is in the history under this number, and not shown yet. */
  | { kind: "new"; history: number }
  /** A key was asked for, and sent. */
  | { kind: "key-request" }
  /** A key came. So many messages that no key fitted are going to be tried again. */
  | { kind: "key"; retries: number }
  /** There is nothing to show. */
  | { kind: "nothing" };

/** Longest content, but a file's, that is taken into memory. */
const MAX_IN_MEMORY = 64 * MiB;

export interface ClassicOpenerOptions {
  profile: Profile;
  peers: Peers;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Opens the messages of classic clients. */
export class ClassicOpener {
  readonly #options: ClassicOpenerOptions;

  constructor(options: ClassicOpenerOptions) {
    this.#options = options;
  }

  /**
   * Opens a message. A file goes to `folder`. Who is in `answered`, in hex, got a key already, and
   * gets no other: it would be the same.
   * @throws {CryptoError} `decrypt-failed` if no key fits; `bad-key` if the own private key is bad
   * @throws {ClientError} `file`, `bad-key`, and what the network may do
   */
  async open(
    envelope: Envelope,
    from: Peer,
    { folder, answered }: { folder: string; answered: Set<string> },
  ): Promise<ClassicOpened> {
    const { profile, peers } = this.#options;
    const { contacts, envelopes } = profile;
    if (contacts.byId(from.id)?.blocked) {
      envelopes.markDone(envelope.number);
      return { kind: "nothing" };
    }
    switch (envelope.type) {
      case MessageType.keyRequest: {
        const id = toHex(from.id);
        if (!answered.has(id)) await peers.sendKey(from);
        answered.add(id);
        envelopes.markDone(envelope.number);
        return { kind: "key-request" };
      }
      case MessageType.key: {
        await new ClassicMessages(profile).openKey(from.id, await this.#content(envelope));
        const retries = profile.transaction(() => {
          envelopes.markDone(envelope.number);
          return envelopes.retryUnreadable(from.id);
        });
        return { kind: "key", retries };
      }
      default:
        return this.#keep(envelope, from, await this.#body(envelope, from, folder));
    }
  }

  #keep({ number, messageId }: Envelope, { id: peer }: Peer, body: HistoryBody): ClassicOpened {
    const { profile, now } = this.#options;
    const at = now();
    const history = profile.transaction(() => {
      profile.envelopes.markDone(number);
      return profile.history.addReceived({
        ...{ peer, at, stored: at, contentId: null, messageId, body },
      });
    });
    if (history === undefined) throw new RangeError("a classic message was known");
    return { kind: "new", history };
  }

  /** Returns the plaintext of a text or a file. */
  async #body(envelope: Envelope, from: Peer, folder: string): Promise<HistoryBody> {
    const { profile } = this.#options;
    const messages = new ClassicMessages(profile);
    if (envelope.type === MessageType.text) {
      return { text: await messages.openText(from.id, await this.#content(envelope)) };
    }
    const path = profile.envelopes.path(envelope.number);
    const draft = `${path}.open`;
    const save = (plaintext: ReadableStream<Uint8Array>) => writeNewFile(draft, plaintext);
    const size = await messages.openFile(from.id, path, save);
    const name = fileName(from.name, envelope.messageId);
    const owner = toHex(profile.identity.id);
    return { file: { name, size, path: await publishFile(draft, folder, { name, owner }) } };
  }

  /** Returns the content of a message that must fit into memory. */
  async #content({ number, size, content }: Envelope): Promise<Bytes> {
    if (content !== null) return content;
    if (size > MAX_IN_MEMORY) throw new CryptoError("decrypt-failed", "it is too large");
    return await readWhole(this.#options.profile.envelopes.path(number));
  }
}

/**
 * Returns a name for a file that came without one. Only harmless characters of the sender's name
 * stay, and no more than a file system takes: 255 bytes with what may stand around them.
 */
function fileName(sender: string, messageId: number): string {
  const clean = sender.replace(/[^\p{L}\p{N}_-]/gu, "_").replace(/^-/, "_");
  return `${[...clean].slice(0, 50).join("")}-${messageId}.bin`;
}

import { type Bytes, equalBytes, fromUtf8, toHex, utf8 } from "../../shared/bytes.ts";
import { encryptText } from "../../shared/crypto/classic/classic.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import type { Peer } from "../contacts/peers.ts";
import { removeFile } from "../disk/files.ts";
import { ClientError, type ClientErrorCode } from "../errors.ts";
import type { HistoryBody, SentNumbers } from "../profile/tables/history_entry.ts";
import type { Transfer } from "../profile/tables/transfers.ts";
import { isCopied, type OutboxItem } from "../profile/tables/outbox.ts";
import {
  absolutePath,
  changedSource,
  fileFacts,
  type Source,
} from "../transfers/transfer_files.ts";
import type { TransferOptions } from "../transfers/uploads.ts";
import { checkClassicSize, sendClassicFile } from "./classic_file.ts";
import type { ClassicOptions, KeyExchange } from "./key_exchange.ts";

/** The outbox of a secure profile: what is in there goes to the server as it is. */
export interface ReadyOutbox {
  /** Returns the number of the message. Call it in a transaction. */
  put(to: Bytes, type: MessageType, content: Bytes, history: number | null): number;
  /** Sends the message with this number, after those before it; returns its message ID. */
  delivered(number: number): Promise<number>;
}

type ClassicSenderOptions = ClassicOptions & {
  keys: KeyExchange;
  /** Returns that of a secure profile; null in a classic one. */
  outbox: () => Promise<ReadyOutbox | null>;
};

/**
 * Sends texts and files to classic clients, and as a classic client.
 *
 * In a classic profile, what cannot be encrypted before the receiver sends a key is kept in the
 * outbox, and sent when the key has arrived. In a secure profile the outbox holds only what is
 * encrypted, so texts go there with the message that brings their key.
 */
export class ClassicSender {
  /** The kept messages that were refused for now, of which the user knows. */
  readonly #refused = new Set<number>();

  constructor(private readonly options: ClassicSenderOptions) {}

  /**
   * Sends a text; returns its numbers.
   * @throws {ClientError} `queued` if it waits for the receiver's key, or in a secure profile for
   * the server or for room there; and as the network does
   */
  async sendText(to: Peer, text: string): Promise<SentNumbers> {
    const outbox = await this.options.outbox();
    if (outbox) return await this.#sendByOutbox(outbox, to, text);
    const key = await this.#keyFor(to);
    if (!key) throw await this.#keep(to, MessageType.text, utf8(text), { text });
    const message = await this.#sendText(to.id, key, text);
    return this.#noteSent(to, message, { text });
  }

  /**
   * Sends a file; returns its numbers. Removes a spooled source when it is not needed any more.
   * @throws {ClientError} `file`, `interrupted`, `queued` if it waits for the receiver's key, and
   * as the network does
   */
  async sendFile(to: Peer, source: Source, options: TransferOptions = {}): Promise<SentNumbers> {
    const { name, size, path, spooled } = source;
    const body = { file: { name, size, path: spooled ? null : path } };
    let kept = false;
    try {
      checkClassicSize(name, size);
      const key = await this.#keyFor(to);
      if (!key) {
        const queued = await this.#keep(to, MessageType.file, utf8(placeOf(source)), body);
        kept = true;
        throw queued;
      }
      const message = await this.#sendFile(to.id, key, path, options);
      return this.#noteSent(to, message, body);
    } finally {
      if (spooled && !kept) await removeFile(path);
    }
  }

  /**
   * Sends a file of a secure profile; returns its message ID. A repeat arrives once. None overtakes
   * what waits for the receiver, such as the key.
   * @throws {ClientError} `changed`, `file`, `interrupted`, `queued`, and as the network does
   */
  async sendTransfer(to: Peer, transfer: Transfer, options: TransferOptions): Promise<number> {
    const { path, size, changed, blob: token } = transfer;
    if (path === null) throw new RangeError("an upload has a source");
    this.#checkOutbox(to);
    const facts = await fileFacts(path);
    if (facts.size !== size || facts.changed !== changed) throw changedSource(path);
    const key = await this.options.keys.keyFor(to);
    if (!key) throw new TypeError("a secure profile has a key to begin with");
    return await this.#sendFile(to.id, key, path, options, token);
  }

  /** @throws {ClientError} `queued`, or as the server refused it, if a message to `to` waits */
  #checkOutbox({ id, name }: Peer): void {
    const { profile: { outbox }, now } = this.options;
    for (let items, after = 0; (items = outbox.first(after)).length > 0;) {
      const item = items.find((item) => equalBytes(item.to, id));
      if (item?.wait) {
        const { reason, until } = item.wait;
        const cause = { error: "over-quota", retryAfter: until - now() };
        throw new ClientError("refused", reason, { cause });
      }
      if (item) throw new ClientError("queued", `earlier messages to ${name} are still kept`);
      after = items[items.length - 1].number;
    }
  }

  /**
   * Checks that a file is not too large for a classic client; if it is, removes a copy of it.
   * @throws {ClientError} `file`
   */
  async checkSize({ name, size, path, spooled }: Source): Promise<void> {
    try {
      checkClassicSize(name, size);
    } catch (error) {
      if (spooled) await removeFile(path);
      throw error;
    }
  }

  /**
   * Sends the kept messages whose receivers have sent a key; returns what to tell the user. If an
   * answer is lost the message arrives twice: the classic protocol has no name for a repeat.
   * @throws {ClientError} as the network does
   */
  async sendKept(): Promise<string[]> {
    const { profile, peers } = this.options;
    const notices: string[] = [];
    /** Whose messages were refused for now: none overtakes another. */
    const refusing = new Set<string>();
    for (const item of this.#kept()) {
      const key = profile.keys.sending(item.to);
      if (!key || refusing.has(toHex(item.to))) continue;
      const name = peers.known(item.to)?.name ?? toHex(item.to);
      const what = `the ${item.type === MessageType.file ? "file" : "text"} kept for ${name}`;
      try {
        const messageId = await this.#sendItem(item, key);
        notices.push(`${what} is on the server as message ${messageId}`);
      } catch (error) {
        if (!(error instanceof ClientError && FINAL.includes(error.code))) throw error;
        if (error.code === "refused" && !this.#isOld(item)) {
          refusing.add(toHex(item.to));
          const text = `${what} stays here for another attempt: ${error.message}`;
          if (!this.#refused.has(item.number)) notices.push(text);
          this.#refused.add(item.number);
          continue;
        }
        this.#drop(item, (entry) => profile.history.markFailed(entry));
        notices.push(`${what} was dropped: ${error.message}`);
      }
      if (isCopied(item)) await removeFile(this.#pathOf(item));
    }
    return notices;
  }

  /** Reports whether it was kept for so long that a refusal of the server is final. */
  #isOld({ history }: OutboxItem): boolean {
    const { profile, now } = this.options;
    const entry = history === null ? undefined : profile.history.entry(history);
    return !entry || now() - entry.stored > MAX_REFUSED_AGE;
  }

  /** Returns the key for a message to `to`; undefined if it must be kept for now. */
  async #keyFor(to: Peer): Promise<Bytes | undefined> {
    // No message overtakes the kept ones.
    return this.#keepsFor(to) ? undefined : await this.options.keys.keyFor(to);
  }

  #keepsFor({ id }: Peer): boolean {
    return this.#kept().some((item) => equalBytes(item.to, id));
  }

  /** The kept messages. A secure profile has none: its outbox holds sealed ones. */
  *#kept(): Generator<OutboxItem> {
    const { outbox, secureIdentity } = this.options.profile;
    if (secureIdentity) return;
    for (let items, after = 0; (items = outbox.first(after)).length > 0;) {
      yield* items;
      after = items[items.length - 1].number;
    }
  }

  /**
   * Asks the receiver for a key, unless that was done, and keeps the message. Returns the error
   * that says so.
   */
  async #keep(
    to: Peer,
    type: MessageType,
    content: Bytes,
    body: HistoryBody,
  ): Promise<ClientError> {
    const { profile, keys } = this.options;
    if (!this.#keepsFor(to)) await keys.request(to);
    profile.transaction(() => {
      const history = this.#addToHistory(to, body);
      profile.outbox.put({ to: to.id, type, token: new Uint8Array(0), content, history });
    });
    const why = profile.keys.sending(to.id)
      ? `earlier messages to ${to.name} are kept; this one goes out after them`
      : `${to.name} was asked for a key; the message is kept and goes out when the key has come`;
    return new ClientError("queued", why);
  }

  async #sendItem(item: OutboxItem, key: Bytes): Promise<number> {
    const { history } = this.options.profile;
    const messageId = item.type === MessageType.file
      ? await this.#sendFile(item.to, key, this.#pathOf(item), {})
      : await this.#sendText(item.to, key, fromUtf8(item.content));
    this.#drop(item, (entry) => history.markSent(entry, messageId));
    return messageId;
  }

  /** Takes an item out of the outbox, and notes in the history what became of it. */
  #drop({ number, history }: OutboxItem, note: (entry: number) => void): void {
    const { profile } = this.options;
    profile.transaction(() => {
      profile.outbox.remove(number);
      if (history !== null) note(history);
    });
  }

  #pathOf(item: OutboxItem): string {
    const place = fromUtf8(item.content);
    return isCopied(item) ? `${this.options.profile.outgoingFolder}/${place}` : place;
  }

  /** Encrypts a text and puts it into the outbox, with the key if the receiver has none yet. */
  async #sendByOutbox(outbox: ReadyOutbox, to: Peer, text: string): Promise<SentNumbers> {
    const { profile, keys, peers } = this.options;
    const known = profile.keys.sending(to.id);
    const { key, content: bringing } = known
      ? { key: known, content: null }
      : await keys.wrapped(to, await peers.publicKey(to));
    const content = await encryptText(key, text);
    const { number, entry } = profile.transaction(() => {
      if (bringing) {
        outbox.put(to.id, MessageType.key, bringing, null);
        profile.keys.sendWith(to.id, key); // none overtakes another
      }
      const entry = this.#addToHistory(to, { text });
      return { number: outbox.put(to.id, MessageType.text, content, entry), entry };
    });
    return { message: await outbox.delivered(number), entry };
  }

  async #sendText(to: Bytes, key: Bytes, text: string): Promise<number> {
    const content = await encryptText(key, text);
    return await this.options.network.transport.send({ to, type: MessageType.text, content });
  }

  #sendFile(
    to: Bytes,
    key: Bytes,
    path: string,
    options: TransferOptions,
    token?: Bytes,
  ): Promise<number> {
    const { transport } = this.options.network;
    return sendClassicFile(transport, { to, key, path, token }, options);
  }

  #noteSent(to: Peer, message: number, body: HistoryBody): SentNumbers {
    const { profile } = this.options;
    return profile.transaction(() => {
      const entry = this.#addToHistory(to, body);
      profile.history.markSent(entry, message);
      return { message, entry };
    });
  }

  /** Returns the number of the new entry. */
  #addToHistory({ id }: Peer, body: HistoryBody): number {
    const { profile: { history }, now } = this.options;
    const at = now();
    return history.addSent({ peer: id, at, stored: at, contentId: null, body });
  }
}

/** After these errors a kept message is dropped, a refused one once it is old enough. */
const FINAL: readonly ClientErrorCode[] = ["refused", "file"];
/** How long a refused one is tried, as a full disk may pass: 7 days, in milliseconds. */
const MAX_REFUSED_AGE = 7 * 24 * 60 * 60 * 1000;

/** Returns what the outbox keeps of a file: its path, or the name of a copy in the profile. */
function placeOf({ path, spooled }: Source): string {
  return spooled ? path.slice(path.lastIndexOf("/") + 1) : absolutePath(path);
}

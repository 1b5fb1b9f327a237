import { type Bytes, toHex } from "../../shared/bytes.ts";
import { BLOCK_SIZE, cbcDecryptStream, decryptCbc } from "../../shared/crypto/classic/aes_cbc.ts";
import { decryptText, unwrapSymmetricKey } from "../../shared/crypto/classic/classic.ts";
import { CryptoError } from "../../shared/errors.ts";
import { MiB } from "../../shared/limits.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import type { Peer } from "../contacts/peers.ts";
import { publishFile, readEnd, readFile, readWhole, writeNewFile } from "../disk/files.ts";
import { ClientError } from "../errors.ts";
import type { Envelope } from "../profile/tables/envelopes.ts";
import type { HistoryBody } from "../profile/tables/history_entry.ts";
import type { Profile } from "../profile/profile.ts";
import type { ClassicOptions, KeyExchange } from "./key_exchange.ts";

/** What became of a message. */
export type ClassicOpened =
  /** It is in the history under this number, and not shown yet. */
  | { kind: "new"; history: number }
  /** A key was asked for, and sent. */
  | { kind: "key-request" }
  /** A key came; `retries` messages may be readable now. */
  | { kind: "key"; retries: number }
  /** There is nothing to show. */
  | { kind: "nothing" };

/** Longest content, except a file's, that is read into memory. */
const MAX_IN_MEMORY = 64 * MiB;

/** Opens messages from, or to, a classic client, with whichever of the shared keys fits. */
export class ClassicOpener {
  readonly #profile: Profile;
  readonly #keys: KeyExchange;
  readonly #now: () => number;

  constructor({ profile, keys, now }: ClassicOptions & { keys: KeyExchange }) {
    this.#profile = profile;
    this.#keys = keys;
    this.#now = now;
  }

  /**
   * Opens a collected message, and marks it as done. A file goes to `folder`. Clients in
   * `answered`, by ID in hex, have already got our key, and do not get it again.
   * @throws {ClientError} `cannot-decrypt` if no key fits, `bad-key`, `file`; as the network does
   */
  async open(
    envelope: Envelope,
    from: Peer,
    { folder, answered }: { folder: string; answered: Set<string> },
  ): Promise<ClassicOpened> {
    const { number, messageId, type } = envelope;
    const { contacts, envelopes, history } = this.#profile;
    if (contacts.byId(from.id)?.blocked) {
      envelopes.markDone(number);
      return { kind: "nothing" };
    }
    if (type === MessageType.keyRequest) {
      if (!answered.has(toHex(from.id))) await this.#keys.send(from);
      answered.add(toHex(from.id));
      envelopes.markDone(number);
      return { kind: "key-request" };
    }
    const body = await this.#bodyOf(envelope, from, folder);
    return this.#profile.transaction(() => {
      envelopes.markDone(number);
      if (!body) return { kind: "key", retries: envelopes.retryUnreadable(from.id) };
      const at = this.#now();
      const entry = { peer: from.id, at, stored: at, contentId: null, messageId, body };
      const added = history.addReceived(entry);
      if (added === undefined) throw new RangeError("a classic message was known");
      return { kind: "new", history: added };
    });
  }

  /** Decrypts a text or a file, or takes a key: then there is no body. */
  async #bodyOf(envelope: Envelope, from: Peer, folder: string): Promise<HistoryBody | null> {
    const { type } = envelope;
    try {
      if (type === MessageType.file) return await this.#openFile(envelope, from, folder);
      const content = await this.#content(envelope);
      if (type === MessageType.text) return { text: await this.#openText(from.id, content) };
      await this.#takeKey(from.id, content);
      return null;
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error;
      if (error.code === "bad-key") {
        const message = `the private key in ${this.#profile.folder}/me.info cannot be used`;
        throw new ClientError("bad-profile", message);
      }
      const hint = type === MessageType.key
        ? "it was not made for this profile"
        : `no known key fits. It is kept and tried again when ${from.name} sends a key ` +
          "(ask for one: messaging-client request-key)";
      throw new ClientError("cannot-decrypt", `cannot be decrypted: ${hint}`);
    }
  }

  /** Returns the content of a message that must fit into memory. */
  async #content({ number, size, content }: Envelope): Promise<Bytes> {
    if (content !== null) return content;
    if (size > MAX_IN_MEMORY) throw new CryptoError("decrypt-failed", "it is too large");
    return await readWhole(this.#profile.envelopes.path(number));
  }

  /**
   * Takes a key that came from this client, and encrypts with it from now on.
   * @throws {CryptoError} `decrypt-failed`, `bad-key` if our own private key cannot be used
   */
  async #takeKey(from: Bytes, content: Bytes): Promise<void> {
    const { keys, identity } = this.#profile;
    if (!("privateKey" in identity)) {
      throw new CryptoError("decrypt-failed", "a secure profile has no key for this");
    }
    const key = await unwrapSymmetricKey(identity.privateKey, content);
    keys.put(from, key, { own: false });
    keys.sendWith(from, key);
  }

  /** @throws {CryptoError} `decrypt-failed` if no key fits */
  async #openText(from: Bytes, content: Bytes): Promise<string> {
    const keys = this.#profile.keys.all(from);
    return await this.#withFitting(keys, from, (key) => decryptText(key, content));
  }

  async #openFile(
    { number, messageId }: Envelope,
    from: Peer,
    folder: string,
  ): Promise<HistoryBody> {
    const path = this.#profile.envelopes.path(number);
    const draft = `${path}.open`;
    const keys = await this.#keysForFile(from.id, path);
    const size = await this.#withFitting(keys, from.id, (key) => {
      const encrypted = ReadableStream.from(readFile(path));
      return writeNewFile(draft, encrypted.pipeThrough(cbcDecryptStream(key)));
    });
    const name = fileName(from.name, messageId);
    const owner = toHex(this.#profile.identity.id);
    return { file: { name, size, path: await publishFile(draft, folder, { name, owner }) } };
  }

  /**
   * Returns the keys of this sender that the padding at the end of the file fits, those with the
   * most padding first: one wrong key in 256 fits one byte of padding, and one in 65,536 two.
   */
  async #keysForFile(from: Bytes, path: string): Promise<Bytes[]> {
    const end = await readEnd(path, 2 * BLOCK_SIZE);
    const iv = end.length > BLOCK_SIZE ? end.slice(0, BLOCK_SIZE) : undefined;
    const fitting: { key: Bytes; rest: number }[] = [];
    for (const key of this.#profile.keys.all(from)) {
      try {
        fitting.push({ key, rest: (await decryptCbc(key, end.slice(-BLOCK_SIZE), iv)).length });
      } catch (error) {
        if (!(error instanceof CryptoError)) throw error;
      }
    }
    return fitting.sort((a, b) => a.rest - b.rest).map(({ key }) => key);
  }

  async #withFitting<T>(
    keys: readonly Bytes[],
    peer: Bytes,
    decrypt: (key: Bytes) => Promise<T>,
  ): Promise<T> {
    for (const key of keys) {
      try {
        const result = await decrypt(key);
        this.#profile.keys.used(peer, key);
        return result;
      } catch (error) {
        if (!(error instanceof CryptoError)) throw error;
      }
    }
    throw new CryptoError("decrypt-failed", "no key fits");
  }
}

/**
 * Returns a name for a file that came without one. It keeps only harmless characters of the
 * sender's name, and no more than a file system takes: 255 bytes with a prefix and a suffix.
 */
function fileName(sender: string, messageId: number): string {
  const clean = sender.replace(/[^\p{L}\p{N}_-]/gu, "_").replace(/^-/, "_");
  return `${[...clean].slice(0, 50).join("")}-${messageId}.bin`;
}

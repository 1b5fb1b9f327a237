/** Messages between two secure clients: see `shared/session/interim.ts`. */
import { type Bytes, concatAll, fromUtf8, utf8 } from "../shared/bytes.ts";
import { type Identity, verifyIdentity } from "../shared/crypto/identity.ts";
import { X25519KeyPair } from "../shared/crypto/x25519.ts";
import { CryptoError } from "../shared/errors.ts";
import type { MessageType } from "../shared/protocol/codes.ts";
import {
  INTERIM_HEADER_SIZE,
  interimSize,
  openInterim,
  type Pair,
  sealInterim,
} from "../shared/session/interim.ts";
import type { Profile } from "./profile/profile.ts";
import type { SecureIdentity } from "./profile/secure_identity.ts";

/** An encrypted content that streams. */
export interface SealedContent {
  size: number;
  content: ReadableStream<Uint8Array>;
}

/** What came out of a message, and what to do in the transaction that takes note of it. */
export interface Opened<T> {
  value: T;
  commit: () => void;
}

export class InterimMessages {
  readonly #profile: Profile;
  readonly #identity: SecureIdentity;
  readonly #now: () => number;

  /** `now` gives milliseconds since 1970. */
  constructor(profile: Profile, identity: SecureIdentity, now: () => number) {
    this.#profile = profile;
    this.#identity = identity;
    this.#now = now;
  }

  /** Encrypts what `plaintext`, of `size` bytes, brings. */
  async seal(
    peer: Identity,
    type: MessageType,
    size: number,
    plaintext: ReadableStream<Uint8Array>,
  ): Promise<SealedContent> {
    const counter = this.#profile.counters.next(peer.clientId, this.#now());
    const { header, encrypt } = sealInterim(await this.#pair(peer), type, counter);
    const sealed = async function* () {
      yield header;
      yield* plaintext.pipeThrough(encrypt);
    };
    return { size: interimSize(size), content: ReadableStream.from(sealed()) };
  }

  /** The content of a message that holds `text`. */
  async sealText(peer: Identity, type: MessageType, text: string): Promise<Bytes> {
    const plaintext = utf8(text);
    const stream = ReadableStream.from([plaintext]);
    const { content } = await this.seal(peer, type, plaintext.length, stream);
    return await collect(content);
  }

  /** @throws {CryptoError} `decrypt-failed` */
  async openText(peer: Identity, type: MessageType, content: Bytes): Promise<Opened<string>> {
    const header = content.slice(0, INTERIM_HEADER_SIZE);
    const ciphertext = ReadableStream.from([content.subarray(INTERIM_HEADER_SIZE)]);
    const { value, commit } = await this.open(peer, type, header, ciphertext, collect);
    try {
      return { value: fromUtf8(value), commit };
    } catch {
      throw new CryptoError("decrypt-failed", "the text is not UTF-8");
    }
  }

  /**
   * Decrypts a message of which `header` are the first 41 bytes and `ciphertext` the rest. `use`
   * takes the plaintext, and must undo what it did where that fails in the end.
   * @throws {CryptoError} `decrypt-failed`, also for a message that came before, or too late
   */
  async open<T>(
    peer: Identity,
    type: MessageType,
    header: Bytes,
    ciphertext: ReadableStream<Uint8Array>,
    use: (plaintext: ReadableStream<Uint8Array>) => Promise<T>,
  ): Promise<Opened<T>> {
    const { counters } = this.#profile;
    const { counter, decrypt } = await this.#begin(peer, type, header);
    if (counter <= counters.received(peer.clientId)) {
      throw new CryptoError("decrypt-failed", "the message is out of its order, or a repeat");
    }
    const value = await use(ciphertext.pipeThrough(decrypt));
    return { value, commit: () => counters.setReceived(peer.clientId, counter) };
  }

  async #begin(peer: Identity, type: MessageType, header: Bytes) {
    const pair = await this.#pair(peer);
    try {
      return openInterim(pair, type, header);
    } catch (error) {
      // A bad key in the message is no worse than any other change to it.
      if (!(error instanceof CryptoError)) throw error;
      throw new CryptoError("decrypt-failed", error.message, { cause: error });
    }
  }

  async #pair(peer: Identity): Promise<Pair> {
    const { publicKey, secrets } = this.#identity;
    const identity = await verifyIdentity(publicKey);
    return { own: { identity, agreement: new X25519KeyPair(secrets.agreement) }, peer };
  }
}

async function collect(stream: ReadableStream<Uint8Array>): Promise<Bytes> {
  return concatAll(await Array.fromAsync(stream));
}

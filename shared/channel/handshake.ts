import { type Bytes, concat } from "../bytes.ts";
import { TAG_SIZE } from "../crypto/chacha20_poly1305.ts";
import { X25519_SIZE, X25519KeyPair } from "../crypto/x25519.ts";
import { ProtocolError } from "../errors.ts";
import { MAX_NOISE_MESSAGE_SIZE } from "../limits.ts";
import type { CipherState } from "./cipher_state.ts";
import type { Pattern, Token } from "./patterns.ts";
import { SymmetricState } from "./symmetric_state.ts";

export interface HandshakeOptions {
  pattern: Pattern;
  /** Whether this party sends the first message. */
  initiator: boolean;
  /** Bytes that must be the same on both sides. */
  prologue: Uint8Array;
  /** This party's static key, if the pattern has one. */
  staticKey?: X25519KeyPair;
  /** For test vectors alone: any key that is used twice breaks the handshake. */
  ephemeralKey?: X25519KeyPair;
}

export interface HandshakeResult {
  /** Encrypts what this party sends. */
  readonly send: CipherState;
  /** Decrypts what it receives. */
  readonly receive: CipherState;
  /** 32 bytes that identify this conversation: a signature over them is worth nothing elsewhere. */
  readonly hash: Bytes;
  /** The static public key that the other party proved, or null if the pattern has none. */
  readonly remoteStatic: Bytes | null;
}

/**
 * One party of one handshake. The parties take turns with {@link writeMessage} and
 * {@link readMessage} until it is {@link complete}. Any error ends it; start a new one then.
 */
export class Handshake {
  readonly #options: HandshakeOptions;
  readonly #symmetric: SymmetricState;
  #ephemeral: X25519KeyPair | null;
  #remoteEphemeral: Bytes | null = null;
  #remoteStatic: Bytes | null = null;
  #next = 0;
  #state: "running" | "finished" | "failed" = "running";

  /** @throws {TypeError} if the pattern needs a key that is not given */
  constructor(options: HandshakeOptions) {
    const { pattern, prologue } = options;
    this.#options = options;
    this.#ephemeral = options.ephemeralKey ?? null;
    this.#symmetric = new SymmetricState(`Noise_${pattern.name}_25519_ChaChaPoly_SHA256`);
    this.#symmetric.mixHash(prologue);
    const sendsStatic = pattern.messages.some((tokens, i) =>
      this.#isMine(i) && tokens.includes("s")
    );
    if (sendsStatic && !options.staticKey) throw new TypeError("the pattern needs a static key");
  }

  /** Whether all messages are exchanged. */
  get complete(): boolean {
    return this.#next === this.#options.pattern.messages.length;
  }

  /** The static public key of the other party if a message has proved it; else null. */
  get remoteStatic(): Bytes | null {
    return this.#state === "failed" ? null : this.#remoteStatic?.slice() ?? null;
  }

  /**
   * Returns this party's next message, with `payload` in it. Whether the payload is secret depends
   * on the pattern: in the first message of NX it is not.
   * @throws {ProtocolError} `too-large` if the message would exceed 65,535 bytes
   * @throws {CryptoError} `bad-key` if the other party's key is of small order
   */
  writeMessage(payload: Uint8Array = new Uint8Array(0)): Bytes {
    return this.#step(true, (tokens) => {
      const parts = tokens.map((token) => this.#write(token));
      const message = concat(...parts, this.#symmetric.encryptAndHash(payload));
      checkSize(message);
      return message;
    });
  }

  /**
   * Returns the payload of the other party's next message.
   * @throws {ProtocolError} `too-large` beyond 65,535 bytes, `malformed` if it is too short
   * @throws {CryptoError} `decrypt-failed`, or `bad-key` if a key in it is of small order
   */
  readMessage(message: Uint8Array): Bytes {
    return this.#step(false, (tokens) => {
      checkSize(message);
      let left = message;
      for (const token of tokens) left = left.subarray(this.#read(token, left));
      if (this.#symmetric.encrypts && left.length < TAG_SIZE) throw tooShort();
      return this.#symmetric.decryptAndHash(left);
    });
  }

  /**
   * Returns the result of the complete handshake. To be called once.
   * @throws {TypeError} before the handshake is complete, and on a second call
   */
  finish(): HandshakeResult {
    if (this.#state !== "running" || !this.complete) {
      throw new TypeError("the handshake is not complete, or was finished before");
    }
    this.#state = "finished";
    const hash = this.#symmetric.hash;
    const [first, second] = this.#symmetric.split();
    const [send, receive] = this.#options.initiator ? [first, second] : [second, first];
    return { send, receive, hash, remoteStatic: this.remoteStatic };
  }

  /** Runs `work` on the tokens of the next message. A failure ends the handshake. */
  #step(mine: boolean, work: (tokens: readonly Token[]) => Bytes): Bytes {
    if (this.#state !== "running" || this.complete || this.#isMine(this.#next) !== mine) {
      throw new TypeError(`no handshake message is to be ${mine ? "written" : "read"} now`);
    }
    this.#state = "failed";
    try {
      const result = work(this.#options.pattern.messages[this.#next]);
      this.#next++;
      this.#state = "running";
      return result;
    } finally {
      if (this.#state === "failed") this.#symmetric.wipe();
      if (this.#state === "failed" || this.complete) this.#ephemeral = null;
    }
  }

  #write(token: Token): Bytes {
    switch (token) {
      case "e": {
        this.#ephemeral ??= X25519KeyPair.generate();
        this.#symmetric.mixHash(this.#ephemeral.publicKey);
        return this.#ephemeral.publicKey;
      }
      case "s":
        return this.#symmetric.encryptAndHash(this.#static.publicKey);
      default:
        this.#mixAgreement(token);
        return new Uint8Array(0);
    }
  }

  /** Takes what `token` stands for from the front of `left`. Returns its size. */
  #read(token: Token, left: Uint8Array): number {
    switch (token) {
      case "e":
        if (left.length < X25519_SIZE) throw tooShort();
        this.#remoteEphemeral = left.slice(0, X25519_SIZE) as Bytes;
        this.#symmetric.mixHash(this.#remoteEphemeral);
        return X25519_SIZE;
      case "s": {
        const size = X25519_SIZE + (this.#symmetric.encrypts ? TAG_SIZE : 0);
        if (left.length < size) throw tooShort();
        this.#remoteStatic = this.#symmetric.decryptAndHash(left.subarray(0, size));
        return size;
      }
      default:
        this.#mixAgreement(token);
        return 0;
    }
  }

  /** In `es` the first letter is the initiator's key, the second the responder's. */
  #mixAgreement(token: "ee" | "es"): void {
    const [mine, theirs] = this.#options.initiator ? token : [token[1], token[0]];
    const pair = mine === "e" ? this.#ephemeral : this.#static;
    const publicKey = theirs === "e" ? this.#remoteEphemeral : this.#remoteStatic;
    if (pair === null || publicKey === null) throw new TypeError("the pattern is not valid");
    this.#symmetric.mixKey(pair.agree(publicKey));
  }

  get #static(): X25519KeyPair {
    const pair = this.#options.staticKey;
    if (pair === undefined) throw new TypeError("the pattern needs a static key");
    return pair;
  }

  #isMine(message: number): boolean {
    return (message % 2 === 0) === this.#options.initiator;
  }
}

function checkSize(message: Uint8Array): void {
  if (message.length > MAX_NOISE_MESSAGE_SIZE) {
    throw new ProtocolError("too-large", `a handshake message of ${message.length} bytes`);
  }
}

function tooShort(): ProtocolError {
  return new ProtocolError("malformed", "the handshake message is too short");
}

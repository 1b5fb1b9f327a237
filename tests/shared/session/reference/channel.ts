/** The channel (PROTOCOL.md §6): Noise_NX_25519_ChaChaPoly_SHA256, and records. */
import { type Bytes, concat, utf8 } from "../../../../shared/bytes.ts";
import { demand, DH, fields, integer, open, type Pair, seal } from "./basics.ts";
import { hkdfSha256, sha256 } from "./primitives.ts";

const NOTHING: Bytes = new Uint8Array(0);
const PROLOGUE = "messaging-system/3";

/** A key with its counter: the CipherState of Noise, section 5.1. */
export class Cipher {
  constructor(readonly key: Bytes, public n = 0) {}

  get nonce(): Bytes {
    return concat(new Uint8Array(4), integer(this.n, 8));
  }

  seal(associated: Bytes, plaintext: Bytes): Bytes {
    const sealed = seal(this.key, this.nonce, associated, plaintext);
    this.n++;
    return sealed;
  }

  open(associated: Bytes, sealed: Bytes): Bytes {
    const plaintext = open(this.key, this.nonce, associated, sealed);
    demand(plaintext !== null, "the tag");
    this.n++;
    return plaintext;
  }
}

/** One side of a handshake: the SymmetricState of Noise, section 5.2. */
class Symmetric {
  h = utf8("Noise_NX_25519_ChaChaPoly_SHA256"); // 32 bytes: no hash is needed
  ck = this.h;
  cipher?: Cipher;

  mixHash(bytes: Bytes): void {
    this.h = sha256(this.h, bytes);
  }

  mixKey(dh: Bytes): void {
    const [ck, key] = fields(hkdfSha256(this.ck, dh, NOTHING, 64), 32, 32);
    [this.ck, this.cipher] = [ck, new Cipher(key)];
  }

  encryptAndHash(plaintext: Bytes): Bytes {
    const sealed = this.cipher?.seal(this.h, plaintext) ?? plaintext;
    this.mixHash(sealed);
    return sealed;
  }

  decryptAndHash(sealed: Bytes): Bytes {
    const plaintext = this.cipher?.open(this.h, sealed) ?? sealed;
    this.mixHash(sealed);
    return plaintext;
  }

  /** The keys of both directions. */
  split(): Keys {
    const [toServer, toClient] = fields(hkdfSha256(this.ck, NOTHING, NOTHING, 64), 32, 32);
    return { hash: this.h, toServer, toClient };
  }
}

export interface Keys {
  /** The handshake hash, 32 bytes. */
  hash: Bytes;
  toServer: Bytes;
  toClient: Bytes;
}

function start(): Symmetric {
  const symmetric = new Symmetric();
  symmetric.mixHash(utf8(PROLOGUE));
  return symmetric;
}

/** The first message: the client's ephemeral key. */
function afterFirst(first: Bytes): { symmetric: Symmetric; re: Bytes } {
  const [re] = fields(first, 32);
  const symmetric = start();
  symmetric.mixHash(re);
  symmetric.decryptAndHash(NOTHING);
  return { symmetric, re };
}

/** The server's answer to `first`, and what it is left with. */
export function answer(first: Bytes, s: Pair, e: Pair): { second: Bytes; keys: Keys } {
  const { symmetric, re } = afterFirst(first);
  symmetric.mixHash(e.publicKey);
  symmetric.mixKey(DH(e, re)); // ee
  const sealedKey = symmetric.encryptAndHash(s.publicKey);
  symmetric.mixKey(DH(s, re)); // es
  const tag = symmetric.encryptAndHash(NOTHING);
  return { second: concat(e.publicKey, sealedKey, tag), keys: symmetric.split() };
}

/** What the client is left with, and the static key of the server. */
export function finish(e: Pair, second: Bytes): { serverKey: Bytes; keys: Keys } {
  const { symmetric } = afterFirst(e.publicKey);
  const [re, sealedKey, tag] = fields(second, 32, 48, 16);
  symmetric.mixHash(re);
  symmetric.mixKey(DH(e, re)); // ee
  const serverKey = symmetric.decryptAndHash(sealedKey);
  symmetric.mixKey(DH(e, serverKey)); // es
  symmetric.decryptAndHash(tag);
  return { serverKey, keys: symmetric.split() };
}

/** One record; without content it ends the direction. */
export function sealRecord(cipher: Cipher, content: Bytes): Bytes {
  const sealed = cipher.seal(NOTHING, content);
  demand(sealed.length <= 65_535, "too long for a record");
  return concat(integer(sealed.length, 2).reverse(), sealed);
}

/** The content of a stream of records, which must end with the one that has none. */
export function openRecords(cipher: Cipher, stream: Bytes): Bytes {
  const contents: Bytes[] = [];
  for (;;) {
    demand(stream.length >= 2, "cut off");
    const end = 2 + 256 * stream[0] + stream[1];
    demand(end >= 18 && end <= stream.length, "a length below 16, or cut off");
    const content = cipher.open(NOTHING, stream.slice(2, end));
    stream = stream.slice(end);
    if (content.length === 0) break;
    contents.push(content);
  }
  demand(stream.length === 0, "something follows the end");
  return concat(...contents);
}

/** A request in a frame of §2. */
export function request(id: Bytes, code: number, payload: Bytes): Bytes {
  return concat(id, new Uint8Array([3, code]), integer(payload.length, 4), payload);
}

/** A response in a frame of §2. */
export function response(code: number, payload: Bytes): Bytes {
  return concat(new Uint8Array([3]), integer(code, 2), integer(payload.length, 4), payload);
}

/**
 * Protects the rows of a profile: each is sealed under the profile's data key, and found by tags
 * that only this key can make.
 *
 * A sealed row: nonce 24 · XChaCha20-Poly1305 of the plaintext · tag 16. Its context, the name of
 * its table and its primary key, is the associated data, so that no row can take the place of
 * another. Nonces are random: of 2^n of 192 bits, two are the same with a chance below 2^(2n -
 * 193). For 2^64 rows, more than any disk sees written, that is 2^-65.
 */
import type { Random } from "../../../shared/crypto/random.ts";
import { type Bytes, concat, concatAll, toHex, utf8 } from "../../../shared/bytes.ts";
import { type CborValue, decodeOwnCbor, encodeCbor } from "../../../shared/cbor.ts";
import { KEY_SIZE, LONG_NONCE_SIZE, XChaChaKey } from "../../../shared/crypto/chacha20_poly1305.ts";
import { hkdfSha256, hmacSha256 } from "../../../shared/crypto/hash.ts";
import { CryptoError } from "../../../shared/errors.ts";
import { ClientError } from "../../errors.ts";

/** Size of a data key, in bytes. */
export const VAULT_KEY_SIZE = KEY_SIZE;
/** Size of a tag that stands for a value, in bytes. */
export const BLIND_SIZE = 16;
/** Tags that are kept in memory. */
const MAX_KNOWN = 1_000;

const NO_SALT = new Uint8Array(0);
const ROWS_LABEL = utf8("messaging-client/profile rows");
const TAGS_LABEL = utf8("messaging-client/profile tags");
const LASTING_LABEL = utf8("messaging-client/profile lasting tags");

/** Returns the context of a row: the name of its table and its primary key. */
export function rowOf(table: string, key: number | string | Uint8Array): string {
  return `${table} ${typeof key === "object" ? toHex(key) : key}`;
}

/** What opens the rows of a database. */
export type RowOpener = Pick<Vault, "open" | "openRow">;

/** Seals and opens rows under one data key, and makes the tags by which they are found. */
export class Vault {
  readonly #rows: XChaChaKey;
  readonly #tags: Bytes;
  readonly #lasting: Bytes;
  readonly #random: Random;
  /** Tags that stand for one value: every message needs the same few. */
  readonly #known = new Map<string, Bytes>();
  #wiped = false;

  /**
   * Copies `key`, 32 random bytes. `random` returns that many random bytes. `lasting`, 32 bytes,
   * comes from the vault that this one replaces: see {@link lastingBlind}.
   * @throws {CryptoError} `bad-key` if a key has another size
   */
  constructor(key: Uint8Array, random: Random, lasting?: Uint8Array) {
    for (const each of [key, lasting ?? key]) {
      if (each.length !== VAULT_KEY_SIZE) throw new CryptoError("bad-key", "not 32 bytes");
    }
    const rows = derive(key, ROWS_LABEL);
    this.#rows = new XChaChaKey(rows);
    rows.fill(0);
    this.#tags = derive(key, TAGS_LABEL);
    this.#lasting = lasting ? new Uint8Array(lasting) : derive(key, LASTING_LABEL);
    this.#random = random;
  }

  /** The key of {@link lastingBlind}, 32 bytes. */
  get lasting(): Bytes {
    return this.#lasting.slice();
  }

  /** Seals a row. The result has 40 bytes more than `plaintext`. */
  seal(context: string, plaintext: Uint8Array): Bytes {
    const nonce = this.#random(LONG_NONCE_SIZE);
    return concat(nonce, this.#rows.seal(nonce, utf8(context), plaintext));
  }

  /**
   * Returns the plaintext of what {@link seal} returned for the same context.
   * @throws {ClientError} `bad-profile` if anything of it was changed
   */
  open(context: string, sealed: Uint8Array): Bytes {
    try {
      const nonce = sealed.subarray(0, LONG_NONCE_SIZE);
      if (nonce.length < LONG_NONCE_SIZE) {
        throw new CryptoError("decrypt-failed", "the row is too short");
      }
      return this.#rows.open(nonce, utf8(context), sealed.subarray(LONG_NONCE_SIZE));
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error;
      throw damagedRow(context, error);
    }
  }

  sealRow(context: string, row: { readonly [name: string]: CborValue }): Bytes {
    return this.seal(context, encodeCbor(row));
  }

  /**
   * Returns the values that {@link sealRow} was given. Nobody else can have sealed them, so they
   * are taken to have the type that they had.
   * @throws {ClientError} `bad-profile` if anything of the row was changed
   */
  openRow<Row extends object>(context: string, sealed: Uint8Array): Row {
    return decodeOwnCbor(this.open(context, sealed)) as unknown as Row;
  }

  /**
   * Returns a tag, 16 bytes that stand for `parts` in this context. A row is found by it, and
   * unique by it, without showing the value. Tags change with the data key, so the row must hold
   * the parts.
   */
  blind(context: string, ...parts: Uint8Array[]): Bytes {
    if (parts.length !== 1) return this.#tag(this.#tags, context, parts);
    const key = rowOf(context, parts[0]);
    const known = this.#known.get(key);
    if (known) return known;
    const tag = this.#tag(this.#tags, context, parts);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(key, tag);
    return tag;
  }

  /**
   * Returns a tag like {@link blind} that stays the same when the data key changes: for values that
   * must be recognised when nothing else of them is kept.
   */
  lastingBlind(context: string, ...parts: Uint8Array[]): Bytes {
    return this.#tag(this.#lasting, context, parts);
  }

  /** Forgets the keys: nothing can be sealed, opened or found any more. */
  wipe(): void {
    this.#rows.wipe();
    this.#tags.fill(0);
    this.#lasting.fill(0);
    this.#known.clear();
    this.#wiped = true;
  }

  /** Every part follows its length, so that no two lists of parts look the same. */
  #tag(key: Uint8Array, context: string, parts: readonly Uint8Array[]): Bytes {
    if (this.#wiped) throw new TypeError("the vault was wiped");
    let text = `${utf8(context).length}:${context}`;
    const sized: Uint8Array[] = [];
    for (const part of parts) {
      sized.push(utf8(`${text}${part.length}:`), part);
      text = "";
    }
    return hmacSha256(key, concatAll(sized)).slice(0, BLIND_SIZE);
  }
}

function derive(key: Uint8Array, label: Uint8Array): Bytes {
  return hkdfSha256(NO_SALT, key, label, KEY_SIZE);
}

/** Returns the error for a row, by its context, whose content was changed. */
export function damagedRow(context: string, cause?: unknown): ClientError {
  return damage(`the row "${context}" was changed`, cause);
}

/** Returns the error for a row, by its context, that is in the place of another. */
export function movedRow(context: string): ClientError {
  return damage(`the row "${context}" was moved`);
}

function damage(what: string, cause?: unknown): ClientError {
  const message = `the profile is damaged: ${what}; restore it from a copy`;
  return new ClientError("bad-profile", message, { cause });
}

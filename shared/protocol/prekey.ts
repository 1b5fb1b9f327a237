/**
 * Prekeys on the wire (`shared/PROTOCOL.md` section 9): kind 1 · prekey ID 4 · key 32 or 1184 ·
 * signature 64. Nothing here checks a signature or a key.
 */
import type { Bytes } from "../bytes.ts";
import { SIGNATURE_SIZE } from "../crypto/ed25519.ts";
import { ProtocolError } from "../errors.ts";
import type { Layout } from "./layout.ts";

export const PrekeyKind = {
  /** X25519, handed out to everyone until a later one replaces it. */
  signed: 1,
  /** ML-KEM-768, handed out to everyone for whom there is none of kind `oneTimeKem`. */
  lastResort: 2,
  /** X25519, handed out once. */
  oneTime: 3,
  /** ML-KEM-768, handed out once. */
  oneTimeKem: 4,
} as const;

export type PrekeyKind = (typeof PrekeyKind)[keyof typeof PrekeyKind];

/** A public prekey as its owner publishes it. */
export interface Prekey {
  readonly kind: PrekeyKind;
  /** From 1 to 2^32 − 1; each prekey of an owner has a larger one than all before. */
  readonly id: number;
  /** 32 bytes (X25519) or 1184 (ML-KEM-768), by the kind. */
  readonly key: Bytes;
  /** The owner's, over the rest; 64 bytes. */
  readonly signature: Bytes;
}

const KEY_SIZES: { readonly [K in PrekeyKind]: number } = { 1: 32, 2: 1184, 3: 32, 4: 1184 };

/** Bytes of the prekeys of a bundle: signed, KEM of either kind, one-time. */
export const MAX_BUNDLE_SIZE = prekeySize(PrekeyKind.signed) + prekeySize(PrekeyKind.lastResort) +
  prekeySize(PrekeyKind.oneTime);

/** Reports whether `value` is one of the four kinds. */
export function isPrekeyKind(value: number): value is PrekeyKind {
  return value >= PrekeyKind.signed && value <= PrekeyKind.oneTimeKem;
}

/** Returns the bytes of a whole prekey of `kind`: 101 or 1253. */
export function prekeySize(kind: PrekeyKind): number {
  return 1 + 4 + KEY_SIZES[kind] + SIGNATURE_SIZE;
}

/** A prekey: kind 1 · ID 4 · key · signature. */
export const prekey: Layout<Prekey> = {
  min: prekeySize(PrekeyKind.signed),
  max: prekeySize(PrekeyKind.lastResort),
  size: ({ kind }) => prekeySize(kind),
  write(writer, { kind, id, key, signature }) {
    if (id === 0) throw new RangeError("a prekey has no ID");
    writer.u8(kind).u32(id).bytes(key, KEY_SIZES[kind]).bytes(signature, SIGNATURE_SIZE);
  },
  read(reader) {
    const kind = reader.u8();
    if (!isPrekeyKind(kind)) {
      throw new ProtocolError("malformed", `prekey kind ${kind} is unknown`);
    }
    const id = reader.u32();
    if (id === 0) throw new ProtocolError("malformed", "a prekey without an ID");
    const key = reader.bytes(KEY_SIZES[kind]);
    return { kind, id, key, signature: reader.bytes(SIGNATURE_SIZE) };
  },
};

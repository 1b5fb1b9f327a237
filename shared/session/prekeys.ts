/**
 * Prekeys (`shared/PROTOCOL.md` section 9). Their owner makes and signs them; who wants to start a
 * session with the owner checks them.
 */
import { type Bytes, concat, utf8 } from "../bytes.ts";
import { sign, verify } from "../crypto/ed25519.ts";
import type { Identity } from "../crypto/identity.ts";
import { ML_KEM_SEED_SIZE } from "../crypto/ml_kem.ts";
import { fastestMlKem } from "../crypto/ml_kem_engine.ts";
import { checkCanonical, X25519_SIZE, X25519KeyPair } from "../crypto/x25519.ts";
import { Writer } from "../cursor.ts";
import { CryptoError } from "../errors.ts";
import { type Prekey, PrekeyKind } from "../protocol/prekey.ts";
import type { Random } from "../crypto/random.ts";

const LABEL = utf8("messaging-system/3 prekey");

export interface PrekeySecret {
  readonly id: number;
  readonly kind: PrekeyKind;
  /** X25519 secret key, 32 bytes, or ML-KEM-768 seed, 64 bytes. */
  readonly secret: Bytes;
}

/** Prekeys of one client whose signatures were checked. */
export interface PrekeyBundle {
  readonly signed: Prekey;
  /** A one-time KEM prekey, or the last-resort one. */
  readonly kem: Prekey;
  readonly oneTime: Prekey | null;
}

/** Makes a new secret of that kind. */
export function newPrekeySecret(kind: PrekeyKind, id: number, random: Random): PrekeySecret {
  return { id, kind, secret: random(isKem(kind) ? ML_KEM_SEED_SIZE : X25519_SIZE) };
}

/** Returns the public part of a prekey, signed with its owner's 32-byte Ed25519 secret. */
export async function publicPrekey(
  { kind, id, secret }: PrekeySecret,
  signing: Bytes,
): Promise<Prekey> {
  const key = isKem(kind)
    ? await (await fastestMlKem()).publicKey(secret)
    : new X25519KeyPair(secret).publicKey;
  return { kind, id, key, signature: await sign(signing, signedPart({ kind, id, key })) };
}

/**
 * Returns the bundle of `prekeys`, which a server has returned for `owner`.
 * @throws {CryptoError} `bad-key` if a kind is missing, a key is not canonical, or a signature is
 * not the owner's
 */
export function verifyBundle(owner: Identity, prekeys: readonly Prekey[]): PrekeyBundle {
  const [signed, kem, oneTime, ...others] = prekeys;
  const complete = signed?.kind === PrekeyKind.signed && kem && isKem(kem.kind) &&
    (!oneTime || oneTime.kind === PrekeyKind.oneTime) && others.length === 0;
  if (!complete) throw new CryptoError("bad-key", "the prekeys are not complete");
  for (const prekey of [signed, ...oneTime ? [oneTime] : []]) checkCanonical(prekey.key);
  const isSigned = (prekey: Prekey) => verify(owner.signing, prekey.signature, signedPart(prekey));
  if (!prekeys.every(isSigned)) {
    throw new CryptoError("bad-key", "a prekey is not signed by its owner");
  }
  return { signed, kem, oneTime: oneTime ?? null };
}

function isKem(kind: PrekeyKind): boolean {
  return kind === PrekeyKind.lastResort || kind === PrekeyKind.oneTimeKem;
}

function signedPart({ kind, id, key }: Omit<Prekey, "signature">): Bytes {
  return concat(LABEL, new Writer(5 + key.length).u8(kind).u32(id).bytes(key).done());
}

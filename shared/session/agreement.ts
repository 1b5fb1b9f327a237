/**
 * The first secret of a session, agreed on with a client that may be offline, as in PQXDH (Signal,
 * "The PQXDH Key Agreement Protocol", revision 3). It stays secret unless both X25519 and
 * ML-KEM-768 are broken, and only the two identities can compute it.
 */
import { type Bytes, concat, concatAll, utf8 } from "../bytes.ts";
import { hkdfKeys, sha256 } from "../crypto/hash.ts";
import type { Identity } from "../crypto/identity.ts";
import { ML_KEM_CIPHERTEXT_SIZE, mlKemDecapsulate } from "../crypto/ml_kem.ts";
import type { MlKemEngine } from "../crypto/ml_kem_engine.ts";
import { checkCanonical, X25519_SIZE, X25519KeyPair } from "../crypto/x25519.ts";
import { bytes, fields, u32, type ValueOf } from "../protocol/layout.ts";
import type { PrekeyBundle } from "./prekeys.ts";
import type { Random } from "../crypto/random.ts";
import type { AgreedKeys } from "./ratchet.ts";

const LABEL = utf8("messaging-system/3 session");
/** What precedes the secrets, as in X3DH: no X25519 key looks like this. */
const DOMAIN = new Uint8Array(32).fill(0xff);
const NO_SALT = new Uint8Array(0);

/** The side that computes: its verified identity and the 32-byte X25519 secret of that identity. */
export interface Party {
  readonly identity: Identity;
  readonly agreement: Bytes;
}

/**
 * What the initiator tells the responder: the IDs of the responder's prekeys (`oneTimeId` is 0 if
 * there was none), EKa and CT.
 */
export const offerLayout = fields({
  signedId: u32,
  kemId: u32,
  oneTimeId: u32,
  ephemeral: bytes(X25519_SIZE),
  ciphertext: bytes(ML_KEM_CIPHERTEXT_SIZE),
});
export type Offer = Readonly<ValueOf<typeof offerLayout>>;

/** The secrets of the responder's prekeys that an {@link Offer} names. */
export interface PrekeySecrets {
  /** X25519, 32 bytes. */
  readonly signed: Bytes;
  /** ML-KEM seed, 64 bytes. */
  readonly kem: Bytes;
  /** X25519, 32 bytes. */
  readonly oneTime: Bytes | null;
}

/**
 * Agrees on the first secret as the initiator. The bundle must be verified.
 * @throws {CryptoError} `bad-key` for keys that lead to an all-zero secret, and for an ML-KEM key
 * that fails its check
 */
export async function initiate(
  own: Party,
  peer: Identity,
  { signed, kem, oneTime }: PrekeyBundle,
  random: Random,
  engine: MlKemEngine,
): Promise<{ keys: AgreedKeys; offer: Offer }> {
  const secret = random(X25519_SIZE);
  const ephemeral = new X25519KeyPair(secret);
  secret.fill(0);
  const { ciphertext, secret: kemSecret } = await engine.encapsulate(kem.key, random);
  const shared: Bytes[] = [];
  try {
    shared.push(new X25519KeyPair(own.agreement).agree(signed.key));
    shared.push(ephemeral.agree(peer.agreement), ephemeral.agree(signed.key));
    if (oneTime) shared.push(ephemeral.agree(oneTime.key));
    shared.push(kemSecret);
    const offer = {
      signedId: signed.id,
      kemId: kem.id,
      oneTimeId: oneTime?.id ?? 0,
      ephemeral: ephemeral.publicKey,
      ciphertext,
    };
    const publicKeys = { signed: signed.key, kem: kem.key, oneTime: oneTime?.key ?? null };
    return { keys: derive(shared, own.identity, peer, offer, publicKeys), offer };
  } finally {
    for (const each of [...shared, kemSecret]) each.fill(0);
  }
}

/**
 * Agrees on the first secret as the responder. Only the first message proves that the initiator has
 * the same.
 * @throws {CryptoError} `bad-key` for keys that are not canonical or lead to an all-zero secret
 */
export function respond(
  own: Party,
  peer: Identity,
  offer: Offer,
  secrets: PrekeySecrets,
): AgreedKeys {
  checkCanonical(offer.ephemeral);
  const signed = new X25519KeyPair(secrets.signed);
  const oneTime = secrets.oneTime && new X25519KeyPair(secrets.oneTime);
  const shared: Bytes[] = [];
  try {
    shared.push(signed.agree(peer.agreement));
    shared.push(new X25519KeyPair(own.agreement).agree(offer.ephemeral));
    shared.push(signed.agree(offer.ephemeral));
    if (oneTime) shared.push(oneTime.agree(offer.ephemeral));
    const kem = mlKemDecapsulate(secrets.kem, offer.ciphertext);
    shared.push(kem.secret);
    return derive(shared, peer, own.identity, offer, {
      signed: signed.publicKey,
      kem: kem.publicKey,
      oneTime: oneTime?.publicKey ?? null,
    });
  } finally {
    for (const each of shared) each.fill(0);
  }
}

function derive(
  shared: readonly Bytes[],
  initiator: Identity,
  responder: Identity,
  { ephemeral, ciphertext }: Offer,
  prekeys: { signed: Bytes; kem: Bytes; oneTime: Bytes | null },
): AgreedKeys {
  const transcript = sha256(
    initiator.publicKey,
    responder.publicKey,
    ephemeral,
    prekeys.signed,
    prekeys.kem,
    ciphertext,
    new Uint8Array([prekeys.oneTime ? 1 : 0]),
    prekeys.oneTime ?? new Uint8Array(0),
  );
  const secret = concatAll([DOMAIN, ...shared]);
  const [root, headerKey, nextHeaderKey] = hkdfKeys(NO_SALT, secret, concat(LABEL, transcript), 3);
  secret.fill(0);
  return { root, headerKey, nextHeaderKey };
}

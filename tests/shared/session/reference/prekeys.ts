/** Prekeys (PROTOCOL.md §9). */
import { type Bytes, concat, utf8 } from "../../../../shared/bytes.ts";
import { mlKemPublicKey, sign, verify } from "./primitives.ts";
import { demand, fields, integer, integerOf, pairOf } from "./basics.ts";
import { checkIdentity, type Person } from "./identity.ts";

/** Signed prekey, last-resort KEM prekey, one-time prekey, one-time KEM prekey. */
export type Kind = 1 | 2 | 3 | 4;

export interface Prekey {
  kind: Kind;
  id: number;
  key: Bytes;
  signature: Bytes;
}

/** A prekey of one's own: an X25519 secret of 32 bytes, or an ML-KEM seed of 64. */
export interface OwnPrekey extends Prekey {
  secret: Bytes;
}

/** What one gets who fetches prekeys. */
export interface Bundle {
  SPKb: Prekey;
  PQPKb: Prekey;
  OPKb?: Prekey;
}

const isKem = (kind: Kind) => kind === 2 || kind === 4;

export function signedMessage({ kind, id, key }: Omit<Prekey, "signature">): Bytes {
  return concat(utf8("messaging-system/3 prekey"), integer(kind, 1), integer(id, 4), key);
}

export async function makePrekey(
  owner: Person,
  kind: Kind,
  id: number,
  secret: Bytes,
): Promise<OwnPrekey> {
  demand(id > 0, "an ID is never 0");
  const key = isKem(kind) ? mlKemPublicKey(secret) : pairOf(secret).publicKey;
  const signature = await sign(owner.signing, signedMessage({ kind, id, key }));
  return { kind, id, key, signature, secret };
}

/** Fails unless the owner of `identity` signed it. */
export async function checkPrekey(identity: Bytes, prekey: Prekey): Promise<void> {
  const { signing } = await checkIdentity(identity);
  const signed = await verify(signing, prekey.signature, signedMessage(prekey));
  demand(signed, "the prekey's signature");
}

export function encodePrekey({ kind, id, key, signature }: Prekey): Bytes {
  return concat(integer(kind, 1), integer(id, 4), key, signature);
}

/** Prekeys one after the other. */
export function decodePrekeys(bytes: Bytes): Prekey[] {
  const prekeys: Prekey[] = [];
  while (bytes.length > 0) {
    const kind = bytes[0];
    demand(kind === 1 || kind === 2 || kind === 3 || kind === 4, "the kind");
    const keySize = isKem(kind) ? 1184 : 32;
    const size = 1 + 4 + keySize + 64;
    const [, id, key, signature] = fields(bytes.slice(0, size), 1, 4, keySize, 64);
    demand(integerOf(id) > 0, "an ID is never 0");
    prekeys.push({ kind, id: integerOf(id), key, signature });
    bytes = bytes.slice(size);
  }
  return prekeys;
}

/** The prekeys of an answer 1009, all signed by the owner of `identity`. */
export async function readBundle(identity: Bytes, bytes: Bytes): Promise<Bundle> {
  const [SPKb, PQPKb, OPKb, ...rest] = decodePrekeys(bytes);
  demand(SPKb?.kind === 1, "the signed prekey");
  demand(PQPKb?.kind === 4 || PQPKb?.kind === 2, "the KEM prekey");
  demand(OPKb === undefined || OPKb.kind === 3, "the one-time prekey");
  demand(rest.length === 0, "too many prekeys");
  for (const prekey of [SPKb, PQPKb, OPKb]) {
    if (prekey !== undefined) await checkPrekey(identity, prekey);
  }
  return { SPKb, PQPKb, OPKb };
}

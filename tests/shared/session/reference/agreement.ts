/** The agreement on a first secret (PROTOCOL.md §10), with every intermediate value. */
import { type Bytes, concat, utf8 } from "../../../../shared/bytes.ts";
import { hkdfSha256, mlKemDecapsulate, mlKemEncapsulate, sha256 } from "./primitives.ts";
import { DH, fields, type Pair, pairOf, refusing } from "./basics.ts";
import { checkIdentity, type Person } from "./identity.ts";
import type { Bundle, OwnPrekey } from "./prekeys.ts";

/** What both sides compute. The names are those of the specification. */
export interface Agreement {
  CT: Bytes;
  SS: Bytes;
  /** DH(IKa, SPKb), DH(EKa, IKb), DH(EKa, SPKb) and, with a one-time prekey, DH(EKa, OPKb). */
  dh: Bytes[];
  secret: Bytes;
  transcript: Bytes;
  transcriptHash: Bytes;
  rootKey: Bytes;
  headerKeyA: Bytes;
  nextHeaderKeyB: Bytes;
}

/** The secrets of the prekeys that a first message names. */
export interface PrekeySecrets {
  SPKb: OwnPrekey;
  PQPKb: OwnPrekey;
  OPKb?: OwnPrekey;
}

/** A's side. `coins` are the 32 random bytes of the encapsulation. */
export async function agreeAsA(
  A: Person,
  identityB: Bytes,
  bundle: Bundle,
  EKa: Pair,
  coins: Bytes,
): Promise<Agreement> {
  const IKb = (await checkIdentity(identityB)).agreement;
  const { ciphertext: CT, secret: SS } = refusing(
    "an ML-KEM key",
    () => mlKemEncapsulate(bundle.PQPKb.key, coins),
  );
  const dh = [DH(A.agreement, bundle.SPKb.key), DH(EKa, IKb), DH(EKa, bundle.SPKb.key)];
  if (bundle.OPKb !== undefined) dh.push(DH(EKa, bundle.OPKb.key));
  return finish(A.identity, identityB, EKa.publicKey, bundle, CT, SS, dh);
}

/** B's side. */
export async function agreeAsB(
  B: Person,
  identityA: Bytes,
  prekeys: PrekeySecrets,
  EKa: Bytes,
  CT: Bytes,
): Promise<Agreement> {
  const IKa = (await checkIdentity(identityA)).agreement;
  const SPKb = pairOf(prekeys.SPKb.secret);
  const SS = mlKemDecapsulate(prekeys.PQPKb.secret, CT);
  const dh = [DH(SPKb, IKa), DH(B.agreement, EKa), DH(SPKb, EKa)];
  if (prekeys.OPKb !== undefined) dh.push(DH(pairOf(prekeys.OPKb.secret), EKa));
  return finish(identityA, B.identity, EKa, prekeys, CT, SS, dh);
}

function finish(
  identityA: Bytes,
  identityB: Bytes,
  EKa: Bytes,
  { SPKb, PQPKb, OPKb }: Bundle,
  CT: Bytes,
  SS: Bytes,
  dh: Bytes[],
): Agreement {
  const secret = concat(new Uint8Array(32).fill(0xff), ...dh, SS);
  const oneTime = OPKb === undefined ? [new Uint8Array([0])] : [new Uint8Array([1]), OPKb.key];
  const transcript = concat(identityA, identityB, EKa, SPKb.key, PQPKb.key, CT, ...oneTime);
  const transcriptHash = sha256(transcript);
  const info = concat(utf8("messaging-system/3 session"), transcriptHash);
  const keys = hkdfSha256(new Uint8Array(0), secret, info, 96);
  const [rootKey, headerKeyA, nextHeaderKeyB] = fields(keys, 32, 32, 32);
  return {
    CT,
    SS,
    dh,
    secret,
    transcript,
    transcriptHash,
    rootKey,
    headerKeyA,
    nextHeaderKeyB,
  };
}

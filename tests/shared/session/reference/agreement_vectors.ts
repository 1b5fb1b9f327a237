/** The vectors of prekeys and of the agreement. */
import { type Bytes, concat } from "../../../../shared/bytes.ts";
import { sign } from "./primitives.ts";
import { agreeAsA, agreeAsB, type Agreement } from "./agreement.ts";
import { ByteSource } from "./basics.ts";
import { type Person, personOf } from "./identity.ts";
import {
  encodePrekey,
  type Kind,
  makePrekey,
  type OwnPrekey,
  type Prekey,
  readBundle,
  signedMessage,
} from "./prekeys.ts";
import { type Json, json, pairJson, personJson, prekeyJson } from "./vector_json.ts";

/** Two persons and the prekeys of the second, by their kinds. */
export interface Cast {
  A: Person;
  B: Person;
  prekeys: Record<Kind, OwnPrekey>;
}

export async function castOf(source: ByteSource): Promise<Cast> {
  const A = await personOf(source.bytes(32), source.bytes(32));
  const B = await personOf(source.bytes(32), source.bytes(32));
  return {
    A,
    B,
    prekeys: {
      1: await makePrekey(B, 1, 1, source.bytes(32)),
      2: await makePrekey(B, 2, 2, source.bytes(64)),
      3: await makePrekey(B, 3, 0x01020304, source.bytes(32)),
      4: await makePrekey(B, 4, 0xfffefdfc, source.bytes(64)),
    },
  };
}

export const bundleOf = (prekeys: Prekey[]) => concat(...prekeys.map(encodePrekey));

export async function prekeyVectors(): Promise<Json> {
  const { B, prekeys } = await castOf(new ByteSource("prekeys"));
  const { 1: signed, 2: lastResort, 3: oneTime, 4: oneTimeKem } = prekeys;
  return json({
    owner: personJson(B),
    prekeys: Object.values(prekeys).map((prekey) => ({
      ...prekeyJson(prekey) as object,
      "signed message": signedMessage(prekey),
      prekey: encodePrekey(prekey),
    })),
    bundles: [
      { name: "all one-time prekeys", bundle: bundleOf([signed, oneTimeKem, oneTime]) },
      { name: "without a one-time prekey", bundle: bundleOf([signed, oneTimeKem]) },
      { name: "with the last-resort KEM prekey", bundle: bundleOf([signed, lastResort, oneTime]) },
      { name: "no one-time prekeys at all", bundle: bundleOf([signed, lastResort]) },
    ],
    "refused bundles": await refusedBundles(B, prekeys),
  });
}

/** Bundles with which no agreement may come about. */
async function refusedBundles(B: Person, prekeys: Cast["prekeys"]): Promise<Json> {
  const { 1: signed, 2: lastResort, 3: oneTime, 4: oneTimeKem } = prekeys;
  const forged = (prekey: Prekey): Prekey => {
    const signature = prekey.signature.with(0, prekey.signature[0] ^ 1);
    return { ...prekey, signature };
  };
  const resigned = async (prekey: Omit<Prekey, "signature">): Promise<Prekey> => {
    return { ...prekey, signature: await sign(B.signing, signedMessage(prekey)) };
  };
  const zeros = new Uint8Array(32);
  const uncanonical = signed.key.with(31, signed.key[31] | 0x80);
  const overflow = new Uint8Array(1184).fill(0xff);
  const cases: [string, Bytes][] = [
    ["signature of the signed prekey", bundleOf([forged(signed), oneTimeKem, oneTime])],
    ["signature of the KEM prekey", bundleOf([signed, forged(oneTimeKem), oneTime])],
    ["signature of the last-resort KEM prekey", bundleOf([signed, forged(lastResort)])],
    ["signature of the one-time prekey", bundleOf([signed, oneTimeKem, forged(oneTime)])],
    [
      "signed prekey given as a one-time prekey",
      bundleOf([signed, oneTimeKem, { ...signed, kind: 3 }]),
    ],
    [
      "one-time prekey given as the signed prekey",
      bundleOf([{ ...oneTime, kind: 1 }, oneTimeKem]),
    ],
    [
      "last-resort KEM prekey given as a one-time one",
      bundleOf([signed, { ...lastResort, kind: 4 }]),
    ],
    ["another ID than was signed", bundleOf([{ ...signed, id: 99 }, oneTimeKem])],
    ["ID 0", bundleOf([await resigned({ ...signed, id: 0 }), oneTimeKem])],
    [
      "signed prekey of small order",
      bundleOf([await resigned({ ...signed, key: zeros }), oneTimeKem]),
    ],
    [
      "signed prekey that is not canonical",
      bundleOf([await resigned({ ...signed, key: uncanonical }), oneTimeKem]),
    ],
    [
      "one-time prekey of small order",
      bundleOf([signed, oneTimeKem, await resigned({ ...oneTime, key: zeros })]),
    ],
    [
      "KEM prekey that fails the modulus check",
      bundleOf([signed, await resigned({ ...oneTimeKem, key: overflow })]),
    ],
    ["no signed prekey", bundleOf([oneTimeKem, oneTime])],
    ["no KEM prekey", bundleOf([signed, oneTime])],
    ["another order", bundleOf([oneTimeKem, signed])],
    ["two one-time prekeys", bundleOf([signed, oneTimeKem, oneTime, oneTime])],
    ["nothing", bundleOf([])],
    ["cut short", bundleOf([signed, oneTimeKem]).slice(0, -1)],
    ["a byte too many", concat(bundleOf([signed, oneTimeKem]), new Uint8Array(1))],
  ];
  return json(cases.map(([name, bundle]) => ({ name, bundle })));
}

export async function agreementVectors(): Promise<Json> {
  const source = new ByteSource("agreement");
  const cases: Json[] = [];
  const kinds: [string, Kind[]][] = [
    ["with a one-time prekey and a one-time KEM prekey", [1, 4, 3]],
    ["without a one-time prekey", [1, 4]],
    ["with a one-time prekey and the last-resort KEM prekey", [1, 2, 3]],
    ["with neither", [1, 2]],
  ];
  for (const [name, given] of kinds) {
    const { A, B, prekeys } = await castOf(source);
    const [SPKb, PQPKb, OPKb] = given.map((kind) => prekeys[kind]);
    const EKa = source.pair();
    const coins = source.bytes(32);
    const bundle = bundleOf([SPKb, PQPKb, ...OPKb === undefined ? [] : [OPKb]]);
    const atA = await agreeAsA(A, B.identity, await readBundle(B.identity, bundle), EKa, coins);
    const secrets = { SPKb, PQPKb, OPKb };
    const atB = await agreeAsB(B, A.identity, secrets, EKa.publicKey, atA.CT);
    if (JSON.stringify(json(atA)) !== JSON.stringify(json(atB))) throw new Error("no agreement");
    cases.push(json({
      name,
      A: personJson(A),
      B: personJson(B),
      SPKb: prekeyJson(SPKb),
      PQPKb: prekeyJson(PQPKb),
      OPKb: OPKb && prekeyJson(OPKb),
      bundle,
      EKa: pairJson(EKa),
      coins,
      ...agreementJson(atA),
    }));
  }
  return { agreements: cases };
}

export function agreementJson(agreement: Agreement): { [key: string]: Json | undefined } {
  const { CT, SS, dh, secret, transcript, transcriptHash, ...keys } = agreement;
  const [first, second, third, fourth] = dh.map(json);
  return {
    CT: json(CT),
    SS: json(SS),
    "DH(IKa, SPKb)": first,
    "DH(EKa, IKb)": second,
    "DH(EKa, SPKb)": third,
    "DH(EKa, OPKb)": fourth,
    secret: json(secret),
    transcript: json(transcript),
    "SHA-256(transcript)": json(transcriptHash),
    "root key": json(keys.rootKey),
    "header key of A": json(keys.headerKeyA),
    "next header key of B": json(keys.nextHeaderKeyB),
  };
}

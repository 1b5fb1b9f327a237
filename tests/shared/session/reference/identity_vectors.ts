/** The vectors of identities. */
import { type Bytes, concat, utf8 } from "../../../../shared/bytes.ts";
import { ByteSource } from "./basics.ts";
import { personOf } from "./identity.ts";
import { ed25519PublicKey, sign } from "./primitives.ts";
import { type Json, json, personJson } from "./vector_json.ts";

export async function identityVectors(): Promise<Json> {
  const source = new ByteSource("identities");
  const identities = [];
  for (let i = 0; i < 3; i++) {
    const person = await personOf(source.bytes(32), source.bytes(32));
    const { identity } = person;
    identities.push({
      ...personJson(person) as object,
      "Ed25519 key": identity.slice(4, 36),
      "X25519 key": identity.slice(36, 68),
      "signed message": signedMessage(identity.slice(4, 68)),
      signature: identity.slice(68, 132),
    });
  }
  return json({ identities, refused: await refusedIdentities(source) });
}

const signedMessage = (keys: Bytes) => concat(utf8("messaging-system/3 identity"), keys);

async function refusedIdentities(source: ByteSource): Promise<object[]> {
  const { signing, identity } = await personOf(source.bytes(32), source.bytes(32));
  const withKey = async (agreement: Bytes) => {
    const keys = concat(await ed25519PublicKey(signing), agreement);
    const signature = await sign(signing, signedMessage(keys));
    return concat(identity.slice(0, 4), keys, signature, new Uint8Array(28));
  };
  // Numbers that X25519 would take as those that are smaller by 2^255 − 19, or by 2^255.
  const large = new Uint8Array(32).fill(0xff).with(0, 0xf6).with(31, 0x7f);
  const highBit = identity.slice(36, 68);
  highBit[31] |= 0x80;
  const cases: [string, Bytes][] = [
    ["another beginning", identity.with(3, 2)],
    ["another Ed25519 key", identity.with(4, identity[4] ^ 1)],
    ["another X25519 key", identity.with(36, identity[36] ^ 1)],
    ["another signature", identity.with(68, identity[68] ^ 1)],
    ["no zeros at the end", identity.with(159, 1)],
    ["an X25519 key above 2^255 - 19, signed", await withKey(large)],
    ["an X25519 key with the highest bit set, signed", await withKey(highBit)],
    ["cut short", identity.slice(0, -1)],
    ["a byte too many", concat(identity, new Uint8Array(1))],
  ];
  return cases.map(([name, identity]) => ({ name, identity }));
}

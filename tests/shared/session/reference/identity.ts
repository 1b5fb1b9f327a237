/** Identities (PROTOCOL.md §8), and the reset, the safety number and the card of §10. */
import { type Bytes, concat, equalBytes, toHex, utf8 } from "../../../../shared/bytes.ts";
import { checkCanonical, demand, fields, integer, integerOf, type Pair, pairOf } from "./basics.ts";
import { ed25519PublicKey, sha256, sha512, sign, verify } from "./primitives.ts";

/** A client with all its secrets. */
export interface Person {
  /** Ed25519 secret, 32 bytes. */
  signing: Bytes;
  /** X25519 pair. */
  agreement: Pair;
  /** 160 bytes. */
  identity: Bytes;
  /** 16 bytes. */
  id: Bytes;
}

const MAGIC = new Uint8Array([0x4d, 0x53, 0x33, 0x01]);
const ZEROS = new Uint8Array(28);

/** The person with these two secrets of 32 bytes. */
export async function personOf(signing: Bytes, agreementSecret: Bytes): Promise<Person> {
  const agreement = pairOf(agreementSecret);
  const keys = concat(await ed25519PublicKey(signing), agreement.publicKey);
  const signature = await sign(signing, concat(utf8("messaging-system/3 identity"), keys));
  const identity = concat(MAGIC, keys, signature, ZEROS);
  return { signing, agreement, identity, id: clientId(identity) };
}

export function clientId(identity: Bytes): Bytes {
  return sha256(utf8("messaging-system/3 client id"), identity).slice(0, 16);
}

/** The two keys of an identity that is one. */
export async function checkIdentity(
  identity: Bytes,
): Promise<{ signing: Bytes; agreement: Bytes }> {
  const [magic, signing, agreement, signature, zeros] = fields(identity, 4, 32, 32, 64, 28);
  demand(equalBytes(magic, MAGIC) && equalBytes(zeros, ZEROS), "not an identity");
  checkCanonical(agreement);
  const message = concat(utf8("messaging-system/3 identity"), signing, agreement);
  demand(await verify(signing, signature, message), "the identity's signature");
  return { signing, agreement };
}

/** What the signature of a reset is made over. */
function resetMessage(sender: Bytes, receiver: Bytes, body: Bytes): Bytes {
  return concat(utf8("messaging-system/3 reset"), sender, receiver, body);
}

/** The content of a message of type 1, with what its signature is made over. */
export async function makeReset(
  sender: Person,
  receiver: Bytes,
  time: number,
  messageIds: number[],
): Promise<{ signedMessage: Bytes; signature: Bytes; reset: Bytes }> {
  demand(messageIds.length <= 256, "too many message IDs");
  const body = concat(
    new Uint8Array([4]),
    integer(time, 8),
    ...messageIds.map((id) => integer(id, 4)),
  );
  const signedMessage = resetMessage(sender.identity, receiver, body);
  const signature = await sign(sender.signing, signedMessage);
  return { signedMessage, signature, reset: concat(body, signature) };
}

/** What a reset says. */
export async function readReset(
  sender: Bytes,
  receiver: Bytes,
  reset: Bytes,
): Promise<{ time: number; messageIds: number[] }> {
  const size = reset.length - 73;
  demand(size >= 0 && size % 4 === 0 && size / 4 <= 256 && reset[0] === 4, "not a reset");
  const [, time, ids, signature] = fields(reset, 1, 8, size, 64);
  const { signing } = await checkIdentity(sender);
  const message = resetMessage(sender, receiver, reset.slice(0, -64));
  demand(await verify(signing, signature, message), "the reset's signature");
  const messageIds = [];
  for (let at = 0; at < size; at += 4) messageIds.push(integerOf(ids.slice(at, at + 4)));
  return { time: integerOf(time), messageIds };
}

/** The 30 digits of one client, and the last h. */
export function safetyDigits(identity: Bytes): { h: Bytes; digits: string } {
  let h = sha512(concat(new Uint8Array(2), identity, clientId(identity)));
  for (let i = 0; i < 5199; i++) h = sha512(concat(h, identity));
  let digits = "";
  for (let at = 0; at < 30; at += 5) {
    const value = integerOf(h.slice(at, at + 5).reverse()) % 100_000;
    digits += String(value).padStart(5, "0");
  }
  return { h, digits };
}

/** The 60 digits of two. */
export function safetyNumber(one: Bytes, other: Bytes): string {
  return [safetyDigits(one).digits, safetyDigits(other).digits].sort().join("");
}

export function card(name: string, identity: Bytes): string {
  return `${name}#${toHex(clientId(identity))}`;
}

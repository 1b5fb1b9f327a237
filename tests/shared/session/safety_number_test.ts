import { concat, equalBytes } from "../../../shared/bytes.ts";
import {
  generateIdentity,
  publicIdentity,
  verifyIdentity,
} from "../../../shared/crypto/identity.ts";
import { sha512 } from "../../../shared/crypto/hash.ts";
import {
  type Fingerprinted,
  groupsOf,
  qrTextOf,
  safetyNumber,
} from "../../../shared/session/safety_number.ts";
import { assert, assertEquals } from "../../support/assert.ts";

const UP = Uint8Array.from({ length: 160 }, (_, at) => at);
const alice = { publicKey: UP, clientId: new Uint8Array(16).fill(1) };
const bob = { publicKey: UP.toReversed(), clientId: new Uint8Array(16).fill(2) };
/** Made with another implementation of SHA-512, in another language. */
const NUMBER = "454883379074439267143046242022571293715808630872144098648125";

/** One half as the specification says it, word by word. */
function plainHalf({ publicKey, clientId }: Fingerprinted): string {
  let h = sha512(concat(new Uint8Array([0, 0]), publicKey, clientId));
  for (let time = 0; time < 5199; time++) h = sha512(concat(h, publicKey));
  let digits = "";
  for (let group = 0; group < 6; group++) {
    let number = 0n;
    for (const byte of h.slice(5 * group, 5 * group + 5)) number = 256n * number + BigInt(byte);
    digits += (100000n + number % 100000n).toString().slice(1);
  }
  return digits;
}

Deno.test("safety number: the published one, the same from both sides", () => {
  assertEquals(safetyNumber(alice, bob), NUMBER);
  assertEquals(safetyNumber(bob, alice), NUMBER);
});

Deno.test("safety number: agrees with the specification for real identities", async () => {
  const real = async () => await verifyIdentity(await publicIdentity(generateIdentity()));
  for (let i = 0; i < 3; i++) {
    const [a, b] = [await real(), await real()];
    assert(!equalBytes(a.publicKey, b.publicKey));
    const [x, y] = [plainHalf(a), plainHalf(b)];
    assertEquals(safetyNumber(a, b), x < y ? x + y : y + x);
  }
});

Deno.test("safety number: every byte of the keys and of the ID counts", () => {
  for (const at of [0, 4, 36, 100, 159]) {
    const publicKey = bob.publicKey.with(at, bob.publicKey[at] ^ 1);
    assert(safetyNumber(alice, { ...bob, publicKey }) !== NUMBER, `${at}`);
  }
  const clientId = bob.clientId.with(15, 3);
  assert(safetyNumber(alice, { ...bob, clientId }) !== NUMBER);
});

Deno.test("safety number: is shown in 12 groups of 5 digits, and as the text of a QR code", () => {
  const groups = groupsOf(NUMBER);
  assertEquals(groups.length, 12);
  assertEquals(groups.join(""), NUMBER);
  assertEquals([groups[0], groups[11]], ["45488", "48125"]);
  assertEquals(qrTextOf(NUMBER), `messaging-system/3 ${NUMBER}`);
});

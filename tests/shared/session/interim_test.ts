import fc from "fast-check";
import { type Bytes, concat, equalBytes } from "../../../shared/bytes.ts";
import { CHUNK_SIZE } from "../../../shared/crypto/file_chunks.ts";
import {
  generateIdentity,
  type IdentitySecrets,
  publicIdentity,
  verifyIdentity,
} from "../../../shared/crypto/identity.ts";
import { X25519KeyPair } from "../../../shared/crypto/x25519.ts";
import { CryptoError } from "../../../shared/errors.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import {
  INTERIM_HEADER_SIZE,
  interimSize,
  openInterim,
  type Pair,
  sealInterim,
} from "../../../shared/session/interim.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../assert.ts";
import { bytes, runs } from "../../fuzz.ts";
import { cut, sampleBytes, through } from "../../pieces.ts";

async function person() {
  const secrets: IdentitySecrets = generateIdentity();
  const identity = await verifyIdentity(await publicIdentity(secrets));
  return { identity, agreement: new X25519KeyPair(secrets.agreement) };
}

const [alice, bob, carol] = [await person(), await person(), await person()];
const toBob: Pair = { own: alice, peer: bob.identity };
const fromAlice: Pair = { own: bob, peer: alice.identity };
const { text, file } = MessageType;

async function seal(pair: Pair, type: MessageType, counter: number, plaintext: Bytes) {
  const { header, encrypt } = sealInterim(pair, type, counter);
  return concat(header, await through([plaintext], encrypt));
}

async function open(pair: Pair, type: MessageType, content: Bytes, sizes = [content.length]) {
  const { counter, decrypt } = openInterim(pair, type, content.slice(0, INTERIM_HEADER_SIZE));
  return {
    counter,
    plaintext: await through(cut(content.slice(INTERIM_HEADER_SIZE), sizes), decrypt),
  };
}

/** Fails unless opening rejects, as it does for every change alike. */
async function assertRefused(pair: Pair, type: MessageType, content: Bytes, what = "") {
  const error = await assertRejects(() => open(pair, type, content), CryptoError);
  assert(error.code === "decrypt-failed" || error.code === "bad-key", `${what}: ${error.code}`);
}

Deno.test("interim: what was sealed opens, for texts and files of every size", async () => {
  for (const size of [0, 1, 15, 16, 17, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1]) {
    const plaintext = sampleBytes(size);
    for (const type of [text, file]) {
      const content = await seal(toBob, type, 7, plaintext);
      assertEquals(content.length, interimSize(size));
      const opened = await open(fromAlice, type, content, [1, 16, 100_000]);
      assertEquals(opened.counter, 7);
      assert(equalBytes(opened.plaintext, plaintext), `${size} bytes`);
    }
  }
});

Deno.test("interim: any plaintext and counter, in pieces of any size", async () => {
  const counters = fc.oneof(fc.nat(), fc.constantFrom(2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1));
  await fc.assert(
    fc.asyncProperty(bytes(0, 300), counters, fc.integer({ min: 1, max: 50 }), async (
      plaintext,
      counter,
      size,
    ) => {
      const content = await seal(toBob, text, counter, plaintext);
      const opened = await open(fromAlice, text, content, [size]);
      assertEquals(opened, { counter, plaintext });
    }),
    runs(300),
  );
});

Deno.test("interim: the same text is never sealed the same", async () => {
  const plaintext = sampleBytes(40);
  const [one, two] = [await seal(toBob, text, 7, plaintext), await seal(toBob, text, 7, plaintext)];
  for (const [from, to] of [[1, 33], [INTERIM_HEADER_SIZE, one.length]]) {
    assert(!equalBytes(one.slice(from, to), two.slice(from, to)));
  }
});

Deno.test("interim: a change to any bit of header, content or tag is refused", async () => {
  const content = await seal(toBob, text, 7, sampleBytes(5));
  for (let at = 0; at < content.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const changed = content.slice();
      changed[at] ^= 1 << bit;
      // The top bit of an X25519 key is not part of the key (RFC 7748 §5), but it is authenticated.
      await assertRefused(fromAlice, text, changed, `byte ${at}, bit ${bit}`);
    }
  }
});

Deno.test("interim: a content cut anywhere, or with something behind it, is refused", async () => {
  const content = await seal(toBob, text, 7, sampleBytes(20));
  for (let size = 0; size < content.length; size++) {
    await assertRefused(fromAlice, text, content.slice(0, size), `${size} bytes`);
  }
  await assertRefused(fromAlice, text, concat(content, new Uint8Array(1)));
  await assertRefused(fromAlice, text, concat(content, content.slice(INTERIM_HEADER_SIZE)));
});

Deno.test("interim: chunks cannot be left out, swapped or ended early", async () => {
  const content = await seal(toBob, file, 7, sampleBytes(2 * CHUNK_SIZE + 10));
  const [header, first, second, third] = [
    [0, INTERIM_HEADER_SIZE],
    [INTERIM_HEADER_SIZE, INTERIM_HEADER_SIZE + CHUNK_SIZE + 16],
    [INTERIM_HEADER_SIZE + CHUNK_SIZE + 16, INTERIM_HEADER_SIZE + 2 * (CHUNK_SIZE + 16)],
    [INTERIM_HEADER_SIZE + 2 * (CHUNK_SIZE + 16), content.length],
  ].map(([from, to]) => content.slice(from, to));
  for (const parts of [[first, second], [first, third], [second, first, third], [first], [third]]) {
    await assertRefused(fromAlice, file, concat(header, ...parts));
  }
});

Deno.test("interim: another receiver, sender, direction or type is refused", async () => {
  const content = await seal(toBob, text, 7, sampleBytes(20));
  const wrong: Record<string, Pair> = {
    "another receiver": { own: carol, peer: alice.identity },
    "another sender": { own: bob, peer: carol.identity },
    "back to the sender": { own: alice, peer: bob.identity },
    "the sender to itself": { own: alice, peer: alice.identity },
    "the receiver to itself": { own: bob, peer: bob.identity },
  };
  for (const [what, pair] of Object.entries(wrong)) {
    await assertRefused(pair, text, content, what);
  }
  for (const type of [MessageType.keyRequest, MessageType.key, file]) {
    await assertRefused(fromAlice, type, content, `type ${type}`);
  }
});

Deno.test("interim: whoever lacks the sender's secret cannot make a message of the sender's", async () => {
  // Carol has every public key and Bob's attention; she claims to be Alice.
  const claimed: Pair = {
    own: { identity: alice.identity, agreement: carol.agreement },
    peer: bob.identity,
  };
  await assertRefused(fromAlice, text, await seal(claimed, text, 7, sampleBytes(20)));
});

Deno.test("interim: every version but one is refused, and keys of small order, too", async () => {
  const content = await seal(toBob, text, 7, sampleBytes(20));
  for (let version = 0; version < 256; version++) {
    if (version === 1) continue;
    const changed = content.slice();
    changed[0] = version;
    const header = changed.slice(0, INTERIM_HEADER_SIZE);
    const error = assertThrows(() => openInterim(fromAlice, text, header), CryptoError, "version");
    assertEquals(error.code, "decrypt-failed");
  }
  const header = content.slice(0, INTERIM_HEADER_SIZE);
  for (const point of [new Uint8Array(32), new Uint8Array(32).with(0, 1)]) {
    header.set(point, 1);
    const error = assertThrows(() => openInterim(fromAlice, text, header), CryptoError);
    assertEquals(error.code, "bad-key");
  }
});

/** What a malicious server may return instead of someone's prekeys. */
import { type Bytes, concat } from "../../../shared/bytes.ts";
import { sign } from "../../../shared/crypto/ed25519.ts";
import { CryptoError } from "../../../shared/errors.ts";
import { type Prekey, PrekeyKind } from "../../../shared/protocol/prekey.ts";
import { encodePrekey } from "../../support/prekeys.ts";
import { verifyBundle } from "../../../shared/session/prekeys.ts";
import { randomBytes } from "../../../shared/crypto/random.ts";
import { offerIn, startSession } from "../../../shared/session/session.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../support/assert.ts";
import {
  accepting,
  content,
  newPair,
  newPerson,
  NOW,
  type Person,
  published,
  secretOf,
  secretsFor,
} from "../../support/session/model_pair.ts";

const { signed, lastResort, oneTime, oneTimeKem } = PrekeyKind;
const owner = await newPerson();
const other = await newPerson();
const [SPK, LAST, OPK, KEM] = await published(owner, signed, lastResort, oneTime, oneTimeKem);

/** `prekey` with another key, signed by its owner all the same. */
async function signedWith({ signing }: Person, prekey: Prekey, key: Bytes): Promise<Prekey> {
  const changed = { ...prekey, key };
  const body = encodePrekey(changed).slice(0, -64);
  const label = new TextEncoder().encode("messaging-system/3 prekey");
  return { ...changed, signature: await sign(signing, concat(label, body)) };
}

function refused(prekeys: readonly Prekey[]): void {
  const error = assertThrows(() => verifyBundle(owner.identity, prekeys), CryptoError);
  assertEquals(error.code, "bad-key");
}

Deno.test("a bundle of either KEM kind, with a one-time prekey or without, is right", () => {
  for (const prekeys of [[SPK, KEM, OPK], [SPK, KEM], [SPK, LAST, OPK], [SPK, LAST]]) {
    const bundle = verifyBundle(owner.identity, prekeys);
    assertEquals(bundle, { signed: SPK, kem: prekeys[1], oneTime: prekeys[2] ?? null });
  }
});

Deno.test("bundles with missing, extra or reordered prekeys are refused", () => {
  for (
    const prekeys of [
      [],
      [SPK],
      [KEM],
      [SPK, OPK],
      [KEM, SPK],
      [SPK, OPK, KEM],
      [OPK, KEM],
      [SPK, KEM, SPK],
      [SPK, KEM, LAST],
      [SPK, KEM, OPK, OPK],
    ]
  ) refused(prekeys);
});

Deno.test("bundles with a wrong signature are refused, in whatever place", async () => {
  for (const at of [0, 1, 2]) {
    const prekeys = [SPK, KEM, OPK];
    const { signature } = prekeys[at];
    for (const place of [0, 31, 32, 63]) {
      const forged = signature.with(place, signature[place] ^ 1);
      refused(prekeys.with(at, { ...prekeys[at], signature: forged }));
    }
    refused(prekeys.with(at, { ...prekeys[at], id: prekeys[at].id + 1 }));
    const others = await published(other, signed, oneTimeKem, oneTime);
    refused(prekeys.with(at, others[at]));
  }
});

Deno.test("a prekey of one kind cannot pass for one of another", () => {
  refused([{ ...OPK, kind: signed }, KEM]);
  refused([SPK, KEM, { ...SPK, kind: oneTime }]);
  refused([SPK, { ...LAST, kind: oneTimeKem }]);
  refused([SPK, { ...KEM, kind: lastResort }]);
});

Deno.test("X25519 prekeys that are not canonical are refused, though signed", async () => {
  const key = new Uint8Array(32).fill(0xff).with(31, 0x7f);
  for (const bad of [key, key.with(0, 0xed), SPK.key.with(31, SPK.key[31] | 0x80)]) {
    refused([await signedWith(owner, SPK, bad), KEM]);
    refused([SPK, KEM, await signedWith(owner, OPK, bad)]);
  }
});

Deno.test("prekeys of small order, and ML-KEM keys out of range, start no session", async () => {
  const zeros = new Uint8Array(32);
  const overflow = KEM.key.with(0, 0xff).with(1, KEM.key[1] | 0x0f);
  for (
    const prekeys of [
      [await signedWith(owner, SPK, zeros), KEM],
      [SPK, KEM, await signedWith(owner, OPK, zeros)],
      [SPK, await signedWith(owner, KEM, overflow)],
      [SPK, await signedWith(owner, LAST, overflow)],
    ]
  ) {
    const bundle = verifyBundle(owner.identity, prekeys);
    const start = () => startSession(other, owner.identity, bundle, NOW, randomBytes);
    assertEquals((await assertRejects(start, CryptoError)).code, "bad-key");
  }
});

Deno.test("an offer on other prekeys than those it was made with opens nothing", async () => {
  const bundle = verifyBundle(owner.identity, [SPK, KEM, OPK]);
  const session = await startSession(other, owner.identity, bundle, NOW, randomBytes);
  const { own } = (await newPair()).alice; // someone else
  assert(session.offer !== null);
  const offer = offerIn(concat(session.offer, new Uint8Array(0)));
  assert(offer !== null);
  assertEquals([offer.signedId, offer.kemId, offer.oneTimeId], [SPK.id, KEM.id, OPK.id]);
  assertThrows(() => secretsFor(own, { ...offer, kemId: 99 }), CryptoError);
});

Deno.test("with the last resort and with one-time prekeys both sides agree", async () => {
  for (const kinds of [[1, 2], [1, 2, 3], [1, 4], [1, 4, 3]] as const) {
    const { alice, bob } = await newPair({ kinds });
    const again = alice.send(content("again"));
    const offer = offerIn(again);
    assertEquals(offer?.oneTimeId, kinds.length === 3 ? 3 : 0);
    assertEquals(offer?.kemId, kinds[1]);
    assertEquals(bob.receive(again), content("again"));
    // The other KEM prekey, or no one-time prekey, leads to other keys.
    const wrong = { ...bob.own, prekeys: bob.own.prekeys.map((prekey) => ({ ...prekey })) };
    const kem = secretOf(wrong, kinds[1]);
    kem.secret[0] ^= 1;
    wrong.prekeys = wrong.prekeys.map((prekey) =>
      prekey.id === kem.id ? { ...prekey, secret: kem.secret.slice() } : prekey
    );
    accepting(wrong, bob.peer, again).refuses(again);
  }
});

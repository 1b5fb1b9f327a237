/** What a stranger who sends a lot of garbage can cost: counted, not timed. */
import { MAX_COSTLY_FAILURES, Sessions } from "../../../client/sessions/sessions.ts";
import { MAX_WAITING_RESETS } from "../../../client/inbox/round.ts";
import { Vault } from "../../../client/profile/sealing/vault.ts";
import type { Received } from "../../../client/inbox/received.ts";
import { type Bytes, concat, utf8 } from "../../../shared/bytes.ts";
import { ChaChaKey } from "../../../shared/crypto/chacha20_poly1305.ts";
import { verifyIdentity } from "../../../shared/crypto/identity.ts";
import { X25519KeyPair } from "../../../shared/crypto/x25519.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { PrekeyKind } from "../../../shared/protocol/prekey.ts";
import { CryptoError } from "../../../shared/errors.ts";
import { decodeSession } from "../../../shared/session/session_state.ts";
import { encodeReset } from "../../../shared/session/reset.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";
import { Conversation } from "../../support/attack/conversation.ts";
import { type Party, random } from "../../support/attack/parties.ts";
import { forTwoKeys } from "../../support/attack/two_keys.ts";

/** A short content, padded, with its tag. */
const CONTENT_SIZE = 256 + 16;
/** The start of an ordinary envelope. */
const ORDINARY = new Uint8Array([3, 57, 0]);

function putGarbage(scene: Conversation, count: number, head: Uint8Array): void {
  for (let i = 0; i < count; i++) {
    const content = concat(head, random(1400));
    scene.server.put(scene.bobId, { from: scene.aliceId, type: MessageType.text, content });
  }
}

/** The start of an initial envelope that names these prekeys. */
function initial(signed: number, kem: number, oneTime: number): Bytes {
  const ids = new Uint8Array(new Uint32Array([signed, kem, oneTime]).buffer);
  return concat(new Uint8Array([2]), ids);
}

/** The ID of Bob's prekey of this kind. */
function prekeyOf({ bob }: Conversation, kind: PrekeyKind): number {
  return bob.profile.prekeys.after(0).find((prekey) => prekey.kind === kind)?.id ?? 0;
}

async function identityOf({ profile: { secureIdentity } }: Party) {
  assert(secureIdentity);
  return { ...await verifyIdentity(secureIdentity.publicKey), ...secureIdentity.secrets };
}

/** Counts what is done by `action` with this method: `weight` says how much a call is. */
async function counted<T, K extends keyof T>(
  prototype: T,
  name: K,
  weight: (parameters: Uint8Array[]) => number,
  action: () => Promise<unknown>,
): Promise<number> {
  const original = prototype[name] as (...parameters: unknown[]) => unknown;
  let sum = 0;
  const counting = function (this: T, ...parameters: unknown[]) {
    sum += weight(parameters as Uint8Array[]);
    return original.apply(this, parameters);
  };
  prototype[name] = counting as T[K];
  try {
    await action();
  } finally {
    prototype[name] = original as T[K];
  }
  return sum;
}

Deno.test("flood: garbage of one sender costs linear work, and one line", async () => {
  const costs: number[] = [];
  for (const count of [500, 2000]) {
    await using scene = await Conversation.underWay();
    putGarbage(scene, count, ORDINARY);
    const receive = async () => {
      assertEquals(await scene.received(), [`alice: (${count} unreadable)`]);
    };
    const sealed = () =>
      counted(Vault.prototype, "seal", ([_, plaintext]) => plaintext.length, receive);
    let bytes = 0;
    const opened = await counted(Vault.prototype, "open", ([_, data]) => data.length, async () => {
      bytes = await sealed();
    });
    costs.push((bytes + opened) / count);
  }
  const [few, many] = costs;
  assert(many < 1.2 * few, `${few} bytes a message become ${many}`);
});

Deno.test("flood: nothing is computed for prekeys that are unknown", async () => {
  await using scene = await Conversation.underWay();
  const { profile } = scene.bob;
  const [own, alice] = [await identityOf(scene.bob), await identityOf(scene.alice)];
  const signed = prekeyOf(scene, PrekeyKind.signed);
  const kem = profile.prekeys.largestId() + 1;
  // Whatever is computed with this is another error.
  profile.prekeys.add([{ id: kem, kind: PrekeyKind.lastResort, secret: new Uint8Array(1) }], 1);
  const sessions = new Sessions({ profile, own: { identity: own, ...own }, random, now: Date.now });
  for (const [a, b, c] of [[signed, 9999, 0], [9999, kem, 0], [signed, kem, 9999]]) {
    const envelope = concat(initial(a, b, c), random(1400));
    assertThrows(
      () => sessions.commit(() => sessions.open(alice, MessageType.text, envelope)),
      CryptoError,
      "prekey 9999 is unknown",
    );
  }
});

Deno.test("flood: few starts of sessions that fail are computed", async () => {
  await using scene = await Conversation.underWay();
  const { signed, lastResort } = PrekeyKind;
  putGarbage(scene, 100, initial(prekeyOf(scene, signed), prekeyOf(scene, lastResort), 0));
  const agree = await counted(X25519KeyPair.prototype, "agree", () => 1, async () => {
    assertEquals(await scene.received(), ["alice: (100 unreadable)"]);
  });
  assert(agree <= 3 * MAX_COSTLY_FAILURES + 10, `${agree} agreements`);
  await scene.assertGoesOn();
});

Deno.test("flood: few messages that skip many keys and fail are computed", async () => {
  await using scene = await Conversation.underWay();
  await scene.alice.with(scene.server.address, async (client) => {
    const texts = Array.from({ length: 700 }, (_, i) => `dropped ${i}`);
    await Promise.all(texts.map((text) => client.sendText("bob", text)));
  });
  scene.mailbox.splice(0);
  const { content } = await scene.intercept("behind 700 others");
  const step = { from: scene.aliceId, type: MessageType.text };
  for (let i = 0; i < 100; i++) {
    const changed = content.with(-1 - i, content[content.length - 1 - i] ^ 1) as Bytes;
    scene.server.put(scene.bobId, { ...step, content: changed });
  }
  const lengths = await counted(ChaChaKey.prototype, "open", ([_, __, sealed]) => {
    return sealed.length === CONTENT_SIZE ? 1 : 0;
  }, async () => {
    assertEquals((await scene.received()).at(-1), "alice: (100 unreadable)");
  });
  assertEquals(lengths, MAX_COSTLY_FAILURES);
  await scene.assertGoesOn();
});

Deno.test("flood: messages whose header fits two sessions do not get past the bound", async () => {
  await using scene = await Conversation.underWay();
  const headerKey = () => {
    const [{ state }] = scene.alice.profile.sessions.load(scene.bobId);
    return decodeSession(state).ratchet.sending!.headerKey;
  };
  const first = headerKey();
  scene.alice.profile.sessions.clear();
  await scene.say("in another session");
  assertEquals(await scene.received(), ["alice: in another session"]);
  const second = headerKey();
  const [alice, bob] = [await identityOf(scene.alice), await identityOf(scene.bob)];
  const label = utf8("messaging-system/3 envelope");
  const type = MessageType.text;
  const parts = [label, alice.publicKey, bob.publicKey, new Uint8Array([type]), ORDINARY];
  const associated = concat(...parts);
  const behind = ({ nonce, sealed }: { nonce: Bytes; sealed: Bytes }) =>
    concat(ORDINARY, nonce, sealed, random(12 + CONTENT_SIZE));
  const nonce = random(12);
  const header = random(41).fill(0, 40);
  // The bound is even: one that counts once, and then all count twice.
  const envelopes = [
    behind({ nonce, sealed: new ChaChaKey(first).seal(nonce, associated, header) }),
    ...Array.from(
      { length: MAX_COSTLY_FAILURES },
      () => behind(forTwoKeys([first, second], associated, 41)),
    ),
  ];
  const { profile } = scene.bob;
  const sessions = new Sessions({ profile, own: { identity: bob, ...bob }, random, now: Date.now });
  const failures = sessions.commit(() =>
    envelopes.map((envelope) => {
      return assertThrows(() => sessions.open(alice, type, envelope), CryptoError).message;
    })
  );
  const computed = failures.filter((message) => !message.startsWith("too many messages of this"));
  assertEquals(computed.length, 1 + MAX_COSTLY_FAILURES / 2);
});

Deno.test("flood: messages with resets between them are opened together", async () => {
  await using scene = await Conversation.underWay();
  const { server, bobId, aliceId: from } = scene;
  for (let i = 0; i < 50; i++) {
    putGarbage(scene, 1, ORDINARY);
    const content = random(73).with(0, 4) as Bytes;
    server.put(bobId, { from, type: MessageType.keyRequest, content });
  }
  const { repairs } = scene.bob.profile;
  const writes = await counted(Object.getPrototypeOf(repairs), "want", () => 1, async () => {
    assertEquals(await scene.received(), ["alice: (50 unreadable)", "alice: (50 bad-reset)"]);
  });
  assertEquals(writes, 1);
});

Deno.test("flood: few resets of one client wait, the others are dropped", async () => {
  await using scene = await Conversation.underWay();
  const { server, alice, bob, bobId, aliceId: from } = scene;
  const [own, peer] = [await identityOf(alice), await identityOf(bob)];
  for (let time = 1; time <= 2 * MAX_WAITING_RESETS; time++) {
    const content = await encodeReset({ time, messageIds: [] }, own, peer, own.signing);
    server.put(bobId, { from, type: MessageType.keyRequest, content });
  }
  assertEquals(await scene.received(), []);
  assertEquals(scene.mailbox, []);
  let waiting = 0;
  const { envelopes } = bob.profile;
  for (let next; (next = envelopes.nextWaiting(next?.number ?? 0));) waiting++;
  assertEquals(waiting, MAX_WAITING_RESETS);
});

Deno.test("flood: a follower tells of what came together in one line, too", async () => {
  await using scene = await Conversation.underWay();
  putGarbage(scene, 40, ORDINARY);
  const { bob, server } = scene;
  const told: Received[] = [];
  await bob.with(server.address, async (client) => {
    let count = 0;
    for await (const received of client.follow(`${bob.folder}/out`, () => {})) {
      told.push(received);
      assert(received.type === "unusable" && received.flaw === "unreadable", received.type);
      count += received.count;
      if (count === 40) break;
    }
  });
  assert(told.length < 40, `${told.length} lines`);
});

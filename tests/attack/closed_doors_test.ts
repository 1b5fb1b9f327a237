/** Strangers who try to get in without an invite, and to learn who is there without a list. */
import { MAX_LISTED } from "../../shared/limits.ts";
import { encodeSecureRequest } from "../../shared/protocol/secure/requests.ts";
import { inviteHash } from "../../server/storage/invites.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { keyOf, ZERO_ID } from "../support/server/peer.ts";
import { type SecurePeer, Someone } from "../support/server/secure_peer.ts";
import { ServerFixture } from "../support/server/server_fixture.ts";

const CODE = new Uint8Array(16).fill(9);
const HOUR = 60 * 60 * 1000;

/** Returns somebody who has logged in, and for whom there is an invite to use once. */
async function invited(server: ServerFixture): Promise<{ who: Someone; peer: SecurePeer }> {
  const { invites } = server.services.storage;
  await invites.create(inviteHash(CODE), { uses: 1, expiresAt: Date.now() + HOUR });
  const who = await Someone.called("alice");
  const peer = await server.open();
  await peer.login(who);
  return { who, peer };
}

Deno.test("invites: of many who use one at a time as many get in as it allows", async () => {
  await using server = await ServerFixture.start({ registration: "invite" });
  const { invites } = server.services.storage;
  await invites.create(inviteHash(CODE), { uses: 2, expiresAt: Date.now() + HOUR });
  const answers = await Promise.all(Array.from({ length: 20 }, async (_, at) => {
    const who = await Someone.called(`client ${"abcdefghijklmnopqrst"[at]}`);
    const peer = await server.open();
    await peer.login(who);
    const request = { kind: "register", name: who.name, publicKey: who.publicKey } as const;
    await peer.send({ ...request, invite: CODE }, { ...request, invite: CODE });
    return [(await peer.next()).kind, (await peer.next()).kind];
  }));
  // Who got in and repeats it is answered the same; nobody else gets in by asking twice.
  const admitted = answers.filter(([kind]) => kind === "registered");
  assertEquals(admitted, [["registered", "registered"], ["registered", "registered"]]);
  assertEquals(answers.filter(([, kind]) => kind === "error").length, 18);
  assertEquals([server.dump().clients.length, (await invites.list())[0].left], [2, 0]);
});

Deno.test("invites: one that is refused for its name uses nothing up", async () => {
  await using server = await ServerFixture.start({ registration: "invite" });
  const { who, peer } = await invited(server);
  const { publicKey } = who;
  const request = { kind: "register", publicKey, invite: CODE } as const;
  for (const name of ["al\u200dice", " alice", "alice "]) {
    assertEquals(await peer.refused({ ...request, name }), "malformed");
  }
  assertEquals((await server.services.storage.invites.list())[0].left, 1);
  await peer.request({ ...request, name: "alice" }, "registered");
});

Deno.test("invites: a code of another length is malformed, and lets nobody in", async () => {
  await using server = await ServerFixture.start({ registration: "invite" });
  const { who, peer } = await invited(server);
  const { name, publicKey } = who;
  const whole = encodeSecureRequest({ kind: "register", name, publicKey, invite: CODE });
  for (const length of [1, 15]) {
    const cut = whole.slice(0, whole.length - 16 + length);
    new DataView(cut.buffer).setUint32(18, cut.length - 22, true);
    assertEquals(await peer.refused(cut), "malformed", `${length} bytes`);
  }
  assertEquals(server.dump().clients, []);
});

for (const registration of ["invite", "closed"] as const) {
  Deno.test(`doors: with registration ${registration} nothing else lets anyone in`, async () => {
    await using server = await ServerFixture.start({ registration });
    const who = await Someone.called("mallory");
    const peer = await server.open();
    await peer.login(who);
    const { name, publicKey } = who;
    for (let again = 0; again < 3; again++) {
      assertEquals(await peer.refused({ kind: "register", name, publicKey }), "forbidden");
    }
    const me = { kind: "find-name", name } as const;
    for (const request of [me, { kind: "unregister" }, { kind: "subscribe" }] as const) {
      assertEquals(await peer.refused(request), "forbidden");
    }
    // By the classic door, with a classic key, with its own, and by claiming its ID.
    const classic = await server.connect();
    for (const key of [keyOf(name), publicKey]) {
      const register = { kind: "register", name, publicKey: key } as const;
      assertEquals((await classic.request(ZERO_ID, register)).kind, "failure");
      assertEquals((await classic.request(who.id, register)).kind, "failure");
    }
    assertEquals((await classic.request(who.id, { kind: "client-list" })).kind, "failure");
    assertEquals(server.dump().clients, []);
  });
}

Deno.test("doors: whoever was removed does not come back by its open channel", async () => {
  await using server = await ServerFixture.start();
  const alice = await server.secure("alice");
  const bob = await server.secure("bob");
  server.services.registration = "closed";
  await server.services.storage.unregister(alice.who.id);
  server.services.remains.remove();
  const { name, publicKey } = alice.who;
  assertEquals(await alice.refused({ kind: "register", name, publicKey }), "forbidden");
  const token = new Uint8Array(16);
  const text = { kind: "send", to: bob.who.id, token, type: 3, content: token } as const;
  assertEquals(await alice.refused(text), "forbidden");
  assertEquals(await bob.poll(), []);
});

Deno.test("directory: where it is off nobody finds whom it does not know", async () => {
  await using server = await ServerFixture.start({ directory: false });
  const mallory = await server.secure("mallory");
  const victim = await server.secure("victim");
  const classic = await server.connect();
  const own = await classic.register("classic");
  for (const prefix of ["", "v", "victim", "\u{10ffff}"]) {
    for (const after of ["", "victi"]) {
      assertEquals(await mallory.refused({ kind: "list-clients", prefix, after }), "forbidden");
    }
  }
  for (const asker of [own, victim.who.id, ZERO_ID]) {
    assertEquals((await classic.request(asker, { kind: "client-list" })).kind, "failure");
  }
  // Neither a part of a name or ID finds it, nor another spelling.
  for (const name of ["VICTIM", "victi", "v1ctim", "victim "]) {
    assertEquals(await mallory.refused({ kind: "find-name", name }), "not-found", name);
  }
  const near = victim.who.id.with(15, victim.who.id[15] ^ 1);
  const found = await mallory.request(
    { kind: "find-clients", ids: [near, new Uint8Array(16)] },
    "found-clients",
  );
  assertEquals(found.clients, []);
});

Deno.test("directory: a page by any prefix holds what begins with it, and no more", async () => {
  await using server = await ServerFixture.start({ exempt: ["127.0.0.1"] });
  const names = [
    "aa",
    "ab",
    "a\u{10ffff}b".replace("\u{10ffff}", "\ud7ff"),
    "zoë",
    "zz",
    "\ud7fbx",
  ];
  const { storage } = server.services;
  const add = async (name: string, at: number) => {
    const id = new Uint8Array(16).fill(1);
    new DataView(id.buffer).setUint32(0, at);
    await storage.register({ id, name, publicKey: keyOf(name) });
  };
  for (const [at, name] of names.entries()) await add(name, at);
  for (let at = 0; at < MAX_LISTED + 5; at++) await add(`many ${at} x`, 1000 + at);
  const asker = await server.secure("asker");
  const list = async (prefix: string, after = "") =>
    (await asker.request({ kind: "list-clients", prefix, after }, "client-page")).clients
      .map(({ name }) => name);
  const all = [
    ...names,
    "asker",
    ...Array.from({ length: MAX_LISTED + 5 }, (_, at) => `many ${at} x`),
  ];
  for (
    const prefix of ["a", "z", "zo", "zoë", "\ud7ff", "a\ud7ff", "\u007f", "%", "_", "a%", "*", "'"]
  ) {
    const expected = all.filter((name) => name.startsWith(prefix) && name !== "asker").sort();
    assertEquals(await list(prefix), expected, JSON.stringify(prefix));
  }
  const page = await list("many");
  assertEquals(page.length, MAX_LISTED);
  assertEquals((await list("many", page.at(-1))).length, 5);
  assert(!(await list("", "\u{10ffff}")).length);
});

import { inviteHash } from "../../../server/storage/invites.ts";
import { toHex } from "../../../shared/bytes.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { keyOf, ZERO_ID } from "../../support/server/peer.ts";
import { Someone } from "../../support/server/secure_peer.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";

const code = new Uint8Array(16).fill(7);
const HOUR = 60 * 60 * 1000;

/** The answer to a registration: its kind, or the error and its text. */
async function answer(server: ServerFixture, name: string, invite?: Uint8Array<ArrayBuffer>) {
  const peer = await server.open();
  const who = await Someone.called(name);
  await peer.login(who);
  const { publicKey } = who;
  await peer.send({ kind: "register", name, publicKey, ...invite && { invite } });
  const response = await peer.next();
  return response.kind === "error" ? `${response.error}: ${response.text}` : response.kind;
}

async function classicAnswer(server: ServerFixture, name: string): Promise<string> {
  const peer = await server.connect();
  const request = { kind: "register", name, publicKey: keyOf(name) } as const;
  return (await peer.request(ZERO_ID, request)).kind;
}

Deno.test("registration: where it is open a code is not looked at", async () => {
  await using server = await ServerFixture.start();
  await server.services.storage.invites.create(inviteHash(code), { uses: 1, expiresAt: 1 });
  assertEquals(await answer(server, "alice", code), "registered");
  assertEquals(await answer(server, "bob", new Uint8Array(16)), "registered");
  assertEquals((await server.services.storage.invites.list())[0].left, 1);
  assert(await (await server.connect()).register("classic"));
});

Deno.test("registration: where it is closed nobody new gets in, all others do", async () => {
  await using server = await ServerFixture.start();
  const alice = await Someone.called("alice");
  await server.secure(alice);
  server.services.registration = "closed";
  const refused = "forbidden: this server takes no new clients";
  assertEquals(await answer(server, "bob", code), refused);
  assertEquals(await answer(server, "carol"), refused);
  assertEquals(await classicAnswer(server, "classic"), "failure");
  const again = await server.open();
  assertEquals((await again.login(alice)).registered, true);
  assertEquals(await again.register(alice), alice.id); // a repeat
});

Deno.test("registration: by invite", async () => {
  let now = 1;
  await using server = await ServerFixture.start({ registration: "invite", now: () => now });
  const { invites } = server.services.storage;
  await invites.create(inviteHash(code), { uses: 2, expiresAt: 100 });
  assertEquals(
    await answer(server, "alice"),
    "forbidden: this server takes only who has an invite: register NAME --invite CODE",
  );
  const wrong = code.with(3, 1);
  assertEquals(await answer(server, "alice", wrong), "forbidden: there is no such invite");
  assertEquals(await answer(server, "alice", code), "registered");
  assertEquals(
    await answer(server, "ALICE", code),
    "name-taken: the name looks like another one that is taken",
  );
  assertEquals(await answer(server, "bob", code), "registered");
  assertEquals(await answer(server, "carol", code), "forbidden: the invite is used up");
  now = 100;
  assertEquals(await answer(server, "carol", code), "forbidden: the invite has expired");
  assertEquals(await classicAnswer(server, "classic"), "failure");
});

Deno.test("registration: a repeat after a lost answer uses the code once", async () => {
  await using server = await ServerFixture.start({ registration: "invite" });
  const { invites } = server.services.storage;
  await invites.create(inviteHash(code), { uses: 2, expiresAt: Date.now() + HOUR });
  const alice = await Someone.called("alice");
  const request = { kind: "register", name: "alice", publicKey: alice.publicKey } as const;
  for (let i = 0; i < 2; i++) {
    const peer = await server.open();
    await peer.login(alice);
    await peer.request({ ...request, invite: code }, "registered");
  }
  assertEquals((await invites.list())[0].left, 1);
});

Deno.test("registration: the code of an invite is nowhere on the disk", async () => {
  await using server = await ServerFixture.start({ registration: "invite" });
  const { invites } = server.services.storage;
  await invites.create(inviteHash(code), { uses: 2, expiresAt: Date.now() + HOUR });
  assertEquals(await answer(server, "alice", code), "registered");
  for (const name of ["server.db", "server.db-wal"]) {
    const hex = toHex(Deno.readFileSync(`${server.folder}/${name}`));
    assert(!hex.includes(toHex(code)), name);
  }
});

Deno.test("directory: a hidden list is refused, and lookups go on", async () => {
  await using server = await ServerFixture.start({ directory: false });
  const classic = await server.connect();
  const classicId = (await classic.register("classic"))!;
  const alice = await server.secure("alice");
  const bob = (await server.secure("bob")).who;
  const list = { kind: "list-clients", prefix: "b", after: "" } as const;
  assertEquals(await alice.refused(list), "forbidden");
  assertEquals((await classic.request(classicId, { kind: "client-list" })).kind, "failure");
  const named = await alice.request({ kind: "find-name", name: "bob" }, "found-name");
  assertEquals(named.client.id, bob.id);
  const found = await alice.request({ kind: "find-clients", ids: [bob.id] }, "found-clients");
  assertEquals(found.clients.length, 1);
  assertEquals(
    (await classic.request(classicId, { kind: "public-key", target: bob.id })).kind,
    "public-key",
  );
});

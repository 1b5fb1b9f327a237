/** Getting back into step with others, and what may come between. */
import { verifyIdentity } from "../../../shared/crypto/identity.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { encodeReset } from "../../../shared/session/reset.ts";
import { assertEquals } from "../../support/assert.ts";
import { EvilServer } from "../../support/attack/evil_server.ts";
import { failure, Party } from "../../support/attack/parties.ts";

/** Makes `party` one that has lost its sessions, which nobody has noticed yet. */
function loseSessions({ profile }: Party): void {
  profile.transaction(() => profile.sessions.clear());
}

/** No receipt of `party` comes between. */
function keepQuiet(...parties: Party[]): void {
  for (const { profile: { contacts } } of parties) {
    for (const { id } of contacts.all()) contacts.setReceipts(id, false);
  }
}

Deno.test("repair: a reset is answered by a later run when prekeys are not available", async () => {
  await using server = new EvilServer();
  await using alice = await Party.registered("alice", server.address);
  await using bob = await Party.registered("bob", server.address);
  await alice.send(server.address, "bob", "one");
  assertEquals(await bob.receive(server.address), ["alice: one"]);
  keepQuiet(alice, bob);
  await bob.send(server.address, "alice", "so it is no first message any more");
  await alice.receive(server.address);
  loseSessions(bob);
  await alice.send(server.address, "bob", "two");
  assertEquals(await bob.receive(server.address), ["alice: (1 unreadable)"]);

  // An hour is longer than a client waits.
  server.lie = ({ kind }) =>
    kind === "fetch-prekeys"
      ? { kind: "error", error: "rate-limited", retryAfter: 3_600_000, text: "too often" }
      : undefined;
  await failure(alice.receive(server.address)); // whether this counts as one is told elsewhere
  assertEquals(await bob.receive(server.address), []);
  server.lie = () => undefined;
  assertEquals(await alice.receive(server.address), ["bob: (notice)"]);
  assertEquals(await bob.receive(server.address), ["alice: two"]);
});

Deno.test("repair: who sent what was lost is told so once, and that it goes again", async () => {
  await using server = new EvilServer();
  await using alice = await Party.registered("alice", server.address);
  await using bob = await Party.registered("bob", server.address);
  let time = Date.now();
  alice.now = bob.now = () => time;
  const notices = async () => {
    const told = await alice.with(server.address, (client) => {
      return Array.fromAsync(client.receive(`${alice.folder}/out`, () => {}));
    });
    return told.map((one) => one.type === "notice" && one.text);
  };
  await alice.send(server.address, "bob", "hello");
  await bob.receive(server.address);
  keepQuiet(alice, bob);
  await bob.send(server.address, "alice", "so it is no first message any more");
  await alice.receive(server.address);
  for (
    const [count, expected] of [
      [
        1,
        "message 3 to bob did not get through: the server had lost it, or bob could not open " +
        "it. The client sends it again",
      ],
      [
        3,
        "messages 6, 7 and 8 to bob did not get through: the server had lost them, or bob " +
        "could not open them. The client sends them again",
      ],
      [
        6,
        "6 messages to bob did not get through: the server had lost them, or bob could not " +
        "open them. The client sends them again",
      ],
    ] as const
  ) {
    time += 24 * 3_600_000;
    loseSessions(bob);
    for (let i = 0; i < count; i++) await alice.send(server.address, "bob", `text ${i}`);
    assertEquals(await bob.receive(server.address), [`alice: (${count} unreadable)`]);
    assertEquals(await notices(), [expected]);
    assertEquals(await notices(), []);
    assertEquals((await bob.receive(server.address)).length, count);
  }
});

Deno.test("repair: nobody is told of messages that were deleted, or never sent", async () => {
  await using server = new EvilServer();
  await using alice = await Party.registered("alice", server.address);
  await using bob = await Party.registered("bob", server.address);
  await alice.send(server.address, "bob", "hello");
  await bob.receive(server.address);
  await putResets(server, bob, alice, 1, [1_000]);
  assertEquals(await alice.receive(server.address), []);
});

Deno.test("repair: what is lost while a reset is under way is asked for later", async () => {
  await using server = new EvilServer();
  await using alice = await Party.registered("alice", server.address);
  await using bob = await Party.registered("bob", server.address);
  let time = Date.now();
  alice.now = bob.now = () => time;
  await alice.send(server.address, "bob", "one");
  await bob.receive(server.address);
  keepQuiet(alice, bob);
  await bob.send(server.address, "alice", "an answer");
  await alice.receive(server.address);
  loseSessions(bob);
  const resets = () =>
    server.requests.filter((request) =>
      request.kind === "send" && request.type === MessageType.keyRequest
    ).length;

  await alice.send(server.address, "bob", "two");
  assertEquals(await bob.receive(server.address), ["alice: (1 unreadable)"]);
  assertEquals(resets(), 1);
  await alice.send(server.address, "bob", "three"); // before she has heard of it
  assertEquals(await bob.receive(server.address), ["alice: (1 unreadable)"]);
  assertEquals(resets(), 1, "he does not ask twice in a minute");
  await alice.receive(server.address);
  assertEquals(await bob.receive(server.address), ["alice: two"]);
  await alice.send(server.address, "bob", "four");
  assertEquals(await bob.receive(server.address), ["alice: four"]);
  assertEquals(resets(), 1);

  time += 60_000;
  assertEquals(await bob.receive(server.address), []);
  assertEquals(resets(), 2);
  await alice.receive(server.address);
  assertEquals(await bob.receive(server.address), ["alice: three"]);
  assertEquals(await bob.receive(server.address), []);
  const history = [...bob.profile.history.list(alice.profile.identity.id)];
  const texts = history.filter(({ sent }) => !sent).flatMap(({ body }) =>
    "text" in body ? [body.text] : []
  );
  assertEquals(texts, ["one", "two", "four", "three"]);
});

Deno.test("repair: a file that was lost is told of again, and comes", async () => {
  await using server = new EvilServer();
  await using alice = await Party.registered("alice", server.address);
  await using bob = await Party.registered("bob", server.address);
  await alice.send(server.address, "bob", "one");
  await bob.receive(server.address);
  keepQuiet(alice, bob);
  await bob.send(server.address, "alice", "an answer");
  await alice.receive(server.address);
  loseSessions(bob);
  const path = `${alice.folder}/photo.jpg`;
  await Deno.writeTextFile(path, "a photo");
  await alice.with(server.address, (client) => client.sendFile("bob", path));
  assertEquals(await bob.receive(server.address), ["alice: (1 unreadable)"]);
  assertEquals(await alice.receive(server.address), ["bob: (notice)"]);
  assertEquals(await bob.receive(server.address), ["alice: (file)"]);
  const [, entry] = [...alice.profile.history.list(bob.profile.identity.id)]
    .filter(({ sent }) => sent);
  assertEquals(entry.state, "sent");
});

/** Puts resets of `from` into the mailbox of `to`, each with a larger time than the one before. */
async function putResets(
  server: EvilServer,
  from: Party,
  to: Party,
  count: number,
  messageIds = [1],
): Promise<void> {
  const { publicKey, secrets } = from.profile.secureIdentity!;
  const sender = await verifyIdentity(publicKey);
  const receiver = await verifyIdentity(to.profile.secureIdentity!.publicKey);
  for (let i = 0; i < count; i++) {
    const reset = { time: ++lastTime, messageIds };
    const content = await encodeReset(reset, sender, receiver, secrets.signing);
    const type = MessageType.keyRequest;
    server.put(receiver.clientId, { from: sender.clientId, type, content });
  }
}
let lastTime = Date.now();

for (
  const [prekeys, lie] of Object.entries(
    {
      "no": { kind: "error", error: "not-found", retryAfter: 0, text: "there are none" },
      "unusable": undefined,
    } as const,
  )
) {
  Deno.test(`repair: resets of one with ${prekeys} prekeys cost one fetch a minute`, async () => {
    await using server = new EvilServer();
    await using alice = await Party.registered("alice", server.address);
    await using mallory = await Party.registered("mallory", server.address);
    let time = Date.now();
    alice.now = () => time;
    const { id } = mallory.profile.identity;
    server.lie = ({ kind }, link) => {
      if (kind !== "fetch-prekeys") return undefined;
      if (lie) return lie;
      const honest = server.answer({ kind, target: id }, link);
      if (honest.kind !== "prekeys") throw new TypeError("there are prekeys");
      const prekeys = honest.prekeys.map((each) => ({ ...each, signature: new Uint8Array(64) }));
      return { ...honest, prekeys };
    };
    const fetches = () => server.requests.filter(({ kind }) => kind === "fetch-prekeys").length;

    await putResets(server, mallory, alice, 10);
    await alice.receive(server.address);
    assertEquals(fetches(), 1);
    await alice.receive(server.address);
    assertEquals(fetches(), 1, "the others wait");
    time += 60_000;
    await alice.receive(server.address);
    assertEquals(fetches(), 2);
    assertEquals(alice.profile.envelopes.retryUnreadable(id), 0, "none is kept for ever");
  });
}

Deno.test("repair: nobody is told of an invalid reset by one who is blocked", async () => {
  await using server = new EvilServer();
  await using alice = await Party.registered("alice", server.address);
  await using mallory = await Party.registered("mallory", server.address);
  await mallory.send(server.address, "alice", "hello");
  await alice.receive(server.address);
  alice.profile.contacts.setBlocked(mallory.profile.identity.id, true);
  const content = new Uint8Array([4, 0]);
  const from = mallory.profile.identity.id;
  server.put(alice.profile.identity.id, { from, type: MessageType.keyRequest, content });
  assertEquals(await alice.receive(server.address), []);
  assertEquals(server.mailbox(alice.profile.identity.id), []);
});

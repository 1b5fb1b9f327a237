/** Getting back into step with others, and what may come between. */
import { MessageType } from "../../../shared/protocol/codes.ts";
import { assertEquals } from "../../support/assert.ts";
import { EvilServer } from "../../support/attack/evil_server.ts";
import { failure, Party } from "../../support/attack/parties.ts";

/** Makes `party` one that has lost its sessions, which nobody has noticed yet. */
function loseSessions({ profile }: Party): void {
  profile.transaction(() => profile.sessions.clear());
}

Deno.test("repair: a reset is answered by a later run when prekeys are not available", async () => {
  await using server = new EvilServer();
  await using alice = await Party.registered("alice", server.address);
  await using bob = await Party.registered("bob", server.address);
  await alice.send(server.address, "bob", "one");
  assertEquals(await bob.receive(server.address), ["alice: one"]);
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
  assertEquals(await alice.receive(server.address), []);
  assertEquals(await bob.receive(server.address), ["alice: two"]);
});

Deno.test("repair: what is lost while a reset is under way is asked for later", async () => {
  await using server = new EvilServer();
  await using alice = await Party.registered("alice", server.address);
  await using bob = await Party.registered("bob", server.address);
  let time = Date.now();
  alice.now = bob.now = () => time;
  await alice.send(server.address, "bob", "one");
  await bob.receive(server.address);
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
  await bob.send(server.address, "alice", "an answer");
  await alice.receive(server.address);
  loseSessions(bob);
  const path = `${alice.folder}/photo.jpg`;
  await Deno.writeTextFile(path, "a photo");
  await alice.with(server.address, (client) => client.sendFile("bob", path));
  assertEquals(await bob.receive(server.address), ["alice: (1 unreadable)"]);
  assertEquals(await alice.receive(server.address), []);
  assertEquals(await bob.receive(server.address), ["alice: (file)"]);
  const [, entry] = [...alice.profile.history.list(bob.profile.identity.id)]
    .filter(({ sent }) => sent);
  assertEquals(entry.state, "sent");
});

/** Texts that were sealed in sessions which are gone, as in a profile of an earlier version. */
import type { SecureResponse } from "../../../shared/protocol/secure/responses.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { EvilServer } from "../../support/attack/evil_server.ts";
import { failure, Party } from "../../support/attack/parties.ts";
import { until } from "../../support/until.ts";

/** Two who know each other, and two texts of alice that were not sent before her sessions ended. */
async function unsent() {
  const stack = new AsyncDisposableStack();
  const server = stack.use(new EvilServer());
  const alice = stack.use(await Party.registered("alice", server.address));
  const bob = stack.use(await Party.registered("bob", server.address));
  await alice.send(server.address, "bob", "before");
  await bob.receive(server.address);
  server.lie = ({ kind }, link) => kind === "send" ? () => link.cut() : undefined;
  for (const text of ["first", "second"]) {
    assertEquals(await failure(alice.send(server.address, "bob", text)), "queued");
  }
  server.lie = () => undefined;
  loseSessions(alice);
  return { server, alice, bob, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Makes `profile` what the renewal of an earlier version makes of it. */
function loseSessions({ profile }: Party): void {
  profile.sessions.clear();
  for (const { id } of profile.prekeys.after(0)) profile.prekeys.remove(id);
  for (const { number } of profile.outbox.first()) {
    profile.outbox.setContent(number, new Uint8Array(0));
  }
}

function refusal(error: "rate-limited" | "not-found"): SecureResponse {
  const retryAfter = error === "rate-limited" ? 3_600_000 : 0;
  return { kind: "error", error, retryAfter, text: "for the test" };
}

/** The states of the texts that alice has sent. */
function statesOf({ profile }: Party): string[] {
  const [{ id }] = profile.contacts.all();
  return [...profile.history.list(id)].map(({ state }) => state);
}

Deno.test("outbox sealing: texts are sealed in a new session, and keep their order", async () => {
  await using test = await unsent();
  const { server, alice, bob } = test;
  const sent = server.requests.length;
  await alice.send(server.address, "bob", "third");
  const words = ["alice: first", "alice: second", "alice: third"];
  assertEquals(await bob.receive(server.address), words);
  const contents = server.requests.slice(sent).filter(({ kind }) => kind === "send")
    .map((request) => request.kind === "send" ? request.content.length : 0);
  assertEquals(contents.includes(0), false);
  assertEquals(statesOf(alice), ["sent", "sent", "sent", "sent"]);
  assertEquals(alice.profile.outbox.first(), []);
});

Deno.test("outbox sealing: what may work later is tried again, and holds up nothing", async () => {
  await using test = await unsent();
  const { server, alice, bob } = test;
  const carol = await Party.registered("carol", server.address);
  const { id } = bob.profile.identity;
  server.lie = (request) => {
    const isForBob = request.kind === "fetch-prekeys" && request.target.toHex() === id.toHex();
    return isForBob ? refusal("rate-limited") : undefined;
  };
  await alice.send(server.address, "carol", "to carol");
  assertEquals(await carol.receive(server.address), ["alice: to carol"]);
  await carol[Symbol.asyncDispose]();
  assertEquals(alice.profile.outbox.first().length, 2);
  assertEquals(statesOf(alice).slice(1), ["pending", "pending"]);
  server.lie = () => undefined;
  await alice.receive(server.address);
  assertEquals(await bob.receive(server.address), ["alice: first", "alice: second"]);
});

Deno.test("outbox sealing: what can never be sealed is dropped, and its author told", async () => {
  await using test = await unsent();
  const { server, alice, bob } = test;
  server.lie = ({ kind }) => kind === "fetch-prekeys" ? refusal("not-found") : undefined;
  const told = await alice.receive(server.address);
  assertEquals(told, ["alice?: (notice)", "alice?: (notice)"]);
  assertEquals(statesOf(alice), ["sent", "failed", "failed"]);
  assertEquals(alice.profile.outbox.first(), []);
  server.lie = () => undefined;
  assertEquals(await bob.receive(server.address), []);
});

Deno.test("outbox sealing: a text that was forgotten meanwhile is not sent", async () => {
  await using test = await unsent();
  const { server, alice, bob } = test;
  alice.profile.history.forget(bob.profile.identity.id);
  assertEquals(await alice.receive(server.address), []);
  assertEquals(alice.profile.outbox.first(), []);
  assertEquals(await bob.receive(server.address), []);
});

Deno.test("prekeys: a profile without any replaces all, however often it stops", async () => {
  await using test = await unsent();
  const { server, alice, bob } = test;
  const shelf = server.shelf(alice.profile.identity.id);
  const old = shelf.prekeys.map(({ id }) => id);
  const largest = Math.max(...old);
  // The connection breaks before, and after, the server has taken them.
  for (const answered of [false, true]) {
    let tries = 0;
    server.lie = (request, link) => {
      if (request.kind !== "publish-prekeys") return undefined;
      tries++;
      if (answered) server.answer(request, link);
      return () => link.cut();
    };
    assertEquals(await failure(alice.receive(server.address)), "unreachable");
    await until("it has tried to publish", () => tries > 0);
    await alice.restart();
  }
  server.lie = () => undefined;
  await alice.receive(server.address);
  assertEquals(alice.notes, []);
  assertEquals(shelf.prekeys.filter(({ id }) => id <= largest), []);
  const own = alice.profile.prekeys.after(0).map(({ id }) => id);
  assert(shelf.prekeys.length > 0 && shelf.prekeys.every(({ id }) => own.includes(id)));
  await bob.receive(server.address);
  await bob.send(server.address, "alice", "an answer");
  assertEquals(await alice.receive(server.address), ["bob: an answer"]);
});

Deno.test("outbox sealing: sends at the same time do not forget what has to wait", async () => {
  await using test = await unsent();
  const { server, alice, bob } = test;
  await using carol = await Party.registered("carol", server.address);
  await alice.send(server.address, "carol", "before");
  server.lie = ({ kind }, link) => kind === "send" ? () => link.cut() : undefined;
  for (const [name, text] of [["bob", "third"], ["carol", "waits"]]) {
    assertEquals(await failure(alice.send(server.address, name, text)), "queued");
  }
  loseSessions(alice);
  const { id } = carol.profile.identity;
  server.lie = (request) => {
    const isForCarol = request.kind === "fetch-prekeys" && request.target.toHex() === id.toHex();
    return isForCarol ? refusal("rate-limited") : undefined;
  };
  await alice.with(server.address, async (client) => {
    await Promise.all(["fourth", "fifth"].map((text) => client.sendText("bob", text)));
    server.lie = () => undefined;
    await client.sendText("bob", "sixth");
  });
  assertEquals(await carol.receive(server.address), ["alice: before", "alice: waits"]);
  const words = await bob.receive(server.address);
  assertEquals(words.slice(0, 3), ["alice: first", "alice: second", "alice: third"]);
  assertEquals(words.slice(3).sort(), ["alice: fifth", "alice: fourth", "alice: sixth"]);
});

/** A server that stops says so to who follows: it is told once, and the follower comes back. */
import { assert, assertEquals } from "../../support/assert.ts";
import { EvilServer } from "../../support/attack/evil_server.ts";
import { Party } from "../../support/attack/parties.ts";
import { until } from "../../support/until.ts";

const LATER = 5_000;

Deno.test("stopping: a follower is told once, and comes back in time", async () => {
  await using server = new EvilServer();
  await using alice = await Party.registered("alice", server.address);
  await using bob = await Party.registered("bob", server.address);
  const { id } = bob.profile.identity;
  const { troubles } = bob;
  const texts: string[] = [];
  const following = bob.with(server.address, async (client) => {
    for await (const received of client.follow(`${bob.folder}/out`, () => {})) {
      if (received.type === "text") texts.push(received.text);
      if (texts.length === 2) return;
    }
  });
  await until("bob follows", () => server.follows(id));
  await alice.send(server.address, "bob", "before");
  // What came is acknowledged before the server ends the connection.
  await server.tell(id, { kind: "stopping", retryAfter: LATER });
  await until("it is acknowledged", () => texts.length === 1 && server.mailbox(id).length === 0);
  server.cut();
  await until("bob is back", () => troubles.length > 0 && server.follows(id));
  await alice.send(server.address, "bob", "after");
  await following;
  assertEquals(texts, ["before", "after"]);
  const [{ text, wait }, ...more] = troubles;
  assertEquals([text, more], [`the server at ${server.address} stops for now`, []]);
  assert(wait >= LATER && wait < 2 * LATER, `${wait} ms`);
});

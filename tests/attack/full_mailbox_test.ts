/** A stranger fills a mailbox: what a friend sends meanwhile waits, and is not lost. */
import { assert, assertEquals } from "../support/assert.ts";
import { failure, Party } from "../support/attack/parties.ts";
import { ServerFixture } from "../support/server/server_fixture.ts";

Deno.test("full mailbox: a friend's message waits, and arrives when there is room", async () => {
  await using server = await ServerFixture.start({
    limits: { maxMessages: 4, mailboxParts: 1 },
  });
  const address = `127.0.0.1:${server.listener.address.port}`;
  await using bob = await Party.registered("bob", address);
  await using friend = await Party.registered("friend", address);
  await using carol = await Party.registered("carol", address);
  await using mallory = await Party.registered("mallory", address);
  let later = 0;
  friend.now = () => Date.now() + later;
  await friend.send(address, "bob", "hello");
  assertEquals((await bob.receive(address)).length, 1);
  for (let i = 0; i < 4; i++) await mallory.send(address, "bob", "spam");
  assertEquals(await failure(mallory.send(address, "bob", "more spam")), "queued");

  assertEquals(await failure(friend.send(address, "bob", "one")), "queued");
  assertEquals(await failure(friend.send(address, "bob", "two")), "queued");
  await friend.send(address, "carol", "not held up");
  assertEquals((await carol.receive(address)).length, 1);
  const waiting = await friend.with(address, (client) => Promise.resolve(client.waiting()));
  assertEquals(waiting.map(({ what, to }) => [what, to.name]), [["text", "bob"], ["text", "bob"]]);
  assert(waiting.every(({ reason, retryAt }) => reason.includes("full") && retryAt !== null));

  assertEquals((await bob.receive(address)).length, 4);
  await friend.receive(address); // it is too early
  assertEquals(await bob.receive(address), []);
  later = waiting[0].retryAt! - Date.now() + 1;
  await friend.receive(address);
  assertEquals(await bob.receive(address), ["friend: one", "friend: two"]);
});

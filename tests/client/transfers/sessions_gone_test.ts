import { ClientError } from "../../../client/errors.ts";
import { sleep } from "../../../shared/sleep.ts";
import { assertEquals, assertRejects } from "../../support/assert.ts";
import { EvilServer } from "../../support/attack/evil_server.ts";
import { Party } from "../../support/attack/parties.ts";

/** Opens a server with two clients, of whom Bob takes files of Alice by themselves. */
async function openFriends() {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(new EvilServer());
  const alice = stack.use(await Party.registered("alice", server.address));
  const bob = stack.use(await Party.registered("bob", server.address));
  await bob.with(server.address, (client) => client.contactBook.setAlias("alice", "alice"));
  const all = stack.move();
  return { server, alice, bob, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

Deno.test("transfers: a file is told of when the sessions went during its upload", async () => {
  await using friends = await openFriends();
  const { server, alice, bob } = friends;
  let uploads = 0;
  server.lie = ({ kind }) => {
    if (kind === "share") {
      uploads++;
      alice.profile.sessions.clear();
    }
    return undefined;
  };
  const path = `${alice.folder}/photo.jpg`;
  await Deno.writeTextFile(path, "a photo");
  await alice.with(server.address, (client) => client.sendFile("bob", path));
  assertEquals(uploads, 1);
  assertEquals(await bob.receive(server.address), ["alice: (file)"]);
});

Deno.test("transfers: small files are told of when sessions went while they waited", async () => {
  await using friends = await openFriends();
  const { server, alice, bob } = friends;
  let uploads = 0;
  server.lie = ({ kind }) => {
    if (kind !== "share" || ++uploads !== 3) return undefined;
    return async (link) => {
      await sleep(50); // until the others only wait for this one
      alice.profile.sessions.clear();
      await link.say({ kind: "error", error: "over-quota", retryAfter: 0, text: "no room" });
    };
  };
  const paths = [1, 2, 3].map((n) => `${alice.folder}/${n}.jpg`);
  for (const path of paths) await Deno.writeTextFile(path, "a photo");
  const sending = alice.with(
    server.address,
    (client) => Array.fromAsync(client.sendFiles("bob", paths)),
  );
  await assertRejects(() => sending, ClientError, "no room");
  assertEquals(await bob.receive(server.address), ["alice: (file)", "alice: (file)"]);
});

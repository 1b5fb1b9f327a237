import { concat } from "../../../shared/bytes.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { encodeSecureRequest } from "../../../shared/protocol/secure/requests.ts";
import { assertEquals } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { until } from "../../support/until.ts";
import { newToken, textOf, textTo } from "../../support/server/secure_peer.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";
import { storageWith } from "../../support/server/storage_with.ts";

/** Large enough for a file of its own on the server. */
const LARGE = 200_000;

Deno.test("secure repeats: a repeat under the same token stores nothing twice", async () => {
  await using server = await ServerFixture.start();
  const alice = await server.secure("alice");
  const bob = await server.secure("bob");
  const small = textTo(bob.who.id, "small", newToken());
  const large = { ...textTo(bob.who.id, sampleBytes(LARGE), newToken()), type: MessageType.file };
  for (const [i, message] of [small, large].entries()) {
    for (let round = 0; round < 3; round++) {
      assertEquals((await alice.request(message, "sent")).messageId, i + 1);
    }
    const elsewhere = await server.secure(alice.who);
    assertEquals((await elsewhere.request(message, "sent")).messageId, i + 1);
    assertEquals(await alice.refused({ ...message, to: alice.who.id }), "malformed");
  }
  assertEquals([(await bob.poll()).length, server.files().length], [2, 1]);
  await bob.acknowledge(1, 2);
  assertEquals((await alice.request(large, "sent")).messageId, 2);
  assertEquals((await alice.request(small, "sent")).messageId, 1);
  assertEquals([await bob.poll(), server.files()], [[], []]);
  assertEquals((await bob.request(small, "sent")).messageId, 3); // a token is its sender's own
});

Deno.test("secure repeats: repeats that travel together store one message", async () => {
  await using server = await ServerFixture.start();
  const alice = await server.secure("alice");
  const twin = await server.secure(alice.who);
  const message = textTo(alice.who.id, "once", newToken());
  const burst = concat(...Array.from({ length: 50 }, () => encodeSecureRequest(message)));
  await Promise.all([alice.send(burst), twin.send(burst)]);
  for (let i = 0; i < 50; i++) {
    assertEquals((await alice.expect("sent")).messageId, 1);
    assertEquals((await twin.expect("sent")).messageId, 1);
  }
  assertEquals((await alice.poll()).map(textOf), ["once"]);
});

Deno.test("secure repeats: one after an answer that got lost", async () => {
  const stored = Promise.withResolvers<void>();
  let answers = 0;
  await using server = await ServerFixture.start({
    services: ({ storage }) => ({
      storage: storageWith(storage, {
        deposit: async (deposit) => {
          const deposited = await storage.deposit(deposit);
          if (answers++ === 0) await stored.promise; // until the connection is gone
          return deposited;
        },
      }),
    }),
  });
  const lost = await server.secure("alice");
  const message = textTo(lost.who.id, "once", newToken());
  await lost.send(message);
  await until("it is stored", () => answers === 1);
  const again = await server.secure(lost.who);
  lost[Symbol.dispose]();
  stored.resolve();
  assertEquals((await again.request(message, "sent")).messageId, 1);
  assertEquals((await again.poll()).map(textOf), ["once"]);
});

import { RemainsRemover } from "../../../server/contents/remains.ts";
import { concatAll } from "../../../shared/bytes.ts";
import { REQUEST_HEADER_SIZE } from "../../../shared/protocol/frame.ts";
import { encodeSecureRequest } from "../../../shared/protocol/secure/requests.ts";
import { assertEquals } from "../../support/assert.ts";
import { newToken, Someone, textOf, textTo } from "../../support/server/secure_peer.ts";
import { upload } from "../../support/server/secure_uploads.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";

Deno.test("unregister: the client is gone, and all that waited for it follows", async () => {
  await using server = await ServerFixture.start();
  const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
  await bob.sendText(alice.who.id, "waits");
  await bob.request(textTo(alice.who.id, sampleBytes(200_000)), "sent"); // a file of the server
  await upload(bob, newToken(), sampleBytes(1000), alice.who.id);
  await upload(alice, newToken(), sampleBytes(1000), bob.who.id);
  await alice.sendText(bob.who.id, "stays");
  assertEquals(server.files().length, 1);
  await alice.request({ kind: "unregister" }, "unregistered");

  assertEquals(await bob.refused(textTo(alice.who.id, "late")), "not-found");
  assertEquals(await bob.refused({ kind: "find-name", name: "alice" }), "not-found");
  await server.services.remains.done();
  const { clients, messages, shared, receivers, files } = server.dump();
  assertEquals([clients.length, messages.length], [1, 1]);
  assertEquals([shared, receivers, files], [[], [], []]);
  assertEquals([...Deno.readDirSync(`${server.folder}/chunks`)], []);
  const got = await bob.request({ kind: "get-messages", after: 0 }, "messages");
  assertEquals(got.messages.length, 1);

  // The channel goes on, for one who may register again.
  assertEquals(await alice.refused({ kind: "get-messages", after: 0 }), "forbidden");
  assertEquals(await alice.register(alice.who), alice.who.id);
  const waiting = await alice.request({ kind: "get-messages", after: 0 }, "messages");
  assertEquals(waiting.messages, []);
});

Deno.test("unregister: another channel of the client stores nothing more", async () => {
  await using server = await ServerFixture.start();
  const alice = await Someone.called("alice");
  const [one, other] = [await server.secure(alice), await server.secure(alice)];
  const bob = await server.secure("bob");
  await one.request({ kind: "unregister" }, "unregistered");
  assertEquals(await other.refused(textTo(bob.who.id, "late")), "forbidden");
  const large = textTo(bob.who.id, sampleBytes(200_000));
  assertEquals(await other.refused(large), "forbidden");
  assertEquals(
    await other.refused({ kind: "open-upload", blob: newToken(), size: 1000 }),
    "forbidden",
  );
  assertEquals(server.dump().messages, []);
});

Deno.test("unregister: what a stop has left is deleted after the next start", async () => {
  await using server = await ServerFixture.start();
  const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
  for (let i = 0; i < 10; i++) await bob.sendText(alice.who.id, `text ${i}`);
  server.services.remains.remove = () => {};
  await alice.request({ kind: "unregister" }, "unregistered");
  assertEquals(server.dump().messages.length, 10);
  const { storage, blobs, files, log } = server.services;
  const next = new RemainsRemover({ storage, blobs, files, log });
  next.remove();
  await next.done();
  assertEquals(server.dump().messages, []);
});

Deno.test("unregister: messages that are on their way meanwhile keep their order", async () => {
  await using server = await ServerFixture.start();
  const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
  const carol = await server.secure("carol");
  await alice.sendText(bob.who.id, "0");
  const texts = ["1", "2", "3"];
  const requests = concatAll(
    texts.map((text) => encodeSecureRequest(textTo(bob.who.id, text))),
  );
  const half = REQUEST_HEADER_SIZE + 10; // of the first payload
  await alice.send(requests.subarray(0, half));
  await carol.request({ kind: "unregister" }, "unregistered");
  await alice.send(requests.subarray(half));
  for (const _ of texts) await alice.expect("sent");
  assertEquals((await bob.poll()).map(textOf), ["0", ...texts]);
});

import type { Bytes } from "../../../shared/bytes.ts";
import { MAX_U32 } from "../../../shared/limits.ts";
import {
  encodeSecureRequest,
  type SecureRequest,
} from "../../../shared/protocol/secure/requests.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { textOf, textTo } from "../../support/server/secure_peer.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";

/** Large enough for a file of its own on the server. */
const LARGE = 200_000;

function names(count: number, prefix = "text"): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix} ${i}`);
}

Deno.test("secure delivery: messages stay over connections until acknowledged", async () => {
  await using server = await ServerFixture.start();
  const alice = await server.secure("alice");
  const bob = await server.secure("bob");
  for (const text of ["one", "two", "three"]) await alice.sendText(bob.who.id, text);
  for (let round = 0; round < 3; round++) {
    assertEquals((await bob.poll()).map(textOf), ["one", "two", "three"]);
  }
  const again = await server.secure(bob.who);
  const messages = await again.poll();
  assertEquals(messages.map(({ from, messageId }) => ({ from, messageId })), [
    { from: alice.who.id, messageId: 1 },
    { from: alice.who.id, messageId: 2 },
    { from: alice.who.id, messageId: 3 },
  ]);
  await again.acknowledge(2);
  assertEquals((await bob.poll()).map(textOf), ["one", "three"]);
  await bob.acknowledge(1, 3);
  assertEquals(await again.poll(), []);
  assertEquals(server.dump().messages, []);
});

Deno.test("secure delivery: a poll returns the messages behind a number", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.secure("alice");
  for (const text of names(5)) await peer.sendText(peer.who.id, text);
  const behind = async (after: number) =>
    (await peer.poll(after)).map(({ messageId }) => messageId);
  assertEquals(await behind(0), [1, 2, 3, 4, 5]);
  assertEquals(await behind(3), [4, 5]);
  assertEquals(await behind(5), []);
  assertEquals(await behind(MAX_U32), []);
});

Deno.test("secure delivery: a response is bounded, and the next one goes on", async () => {
  await using server = await ServerFixture.start({ limits: { maxDeliveryCount: 2 } });
  const peer = await server.secure("alice");
  for (const text of names(5)) await peer.sendText(peer.who.id, text);
  const all: string[] = [];
  for (let after = 0, messages; (messages = await peer.poll(after)).length > 0;) {
    assert(messages.length <= 2);
    all.push(...messages.map(textOf));
    after = messages.at(-1)?.messageId ?? after;
  }
  assertEquals(all, names(5));
});

Deno.test("secure delivery: damaged messages come without their contents", async () => {
  await using server = await ServerFixture.start({ limits: { maxDeliveryCount: 2 }, errors: true });
  const peer = await server.secure("alice");
  const { id } = peer.who;
  for (let i = 0; i < 5; i++) await Deno.remove(await server.depositHole(id, 100_000));
  await peer.sendText(id, "whole");
  const sizes: number[] = [];
  for (let after = 0, page; (page = await peer.poll(after)).length > 0;) {
    sizes.push(...page.map(({ content }) => content.length));
    after = page[page.length - 1].messageId;
  }
  assertEquals(sizes, [0, 0, 0, 0, 0, 5]);
  await peer.acknowledge(1, 2, 3, 4, 5);
  assertEquals((await peer.poll()).map(textOf), ["whole"]);
});

Deno.test("secure delivery: acknowledging what is unknown or another's harms nothing", async () => {
  await using server = await ServerFixture.start();
  const alice = await server.secure("alice");
  const bob = await server.secure("bob");
  await alice.sendText(bob.who.id, "for bob");
  await bob.sendText(alice.who.id, "for alice");
  await alice.sendText(bob.who.id, "more for bob");
  const before = server.dump();
  await alice.acknowledge();
  await alice.acknowledge(2, 3, 0, MAX_U32, 2);
  await alice.acknowledge(...Array.from({ length: 1024 }, (_, i) => i + 2));
  assertEquals(server.dump(), before);
  await alice.acknowledge(1, 1, 1, 2);
  await alice.acknowledge(1);
  assertEquals(await alice.poll(), []);
  assertEquals((await bob.poll()).map(textOf), ["for bob", "more for bob"]);
});

Deno.test("secure delivery: contents of every size, and their files are removed", async () => {
  await using server = await ServerFixture.start({ limits: { maxInlineSize: 1000 } });
  const peer = await server.secure("alice");
  const contents = [0, 1, 999, 1000, 1001, 65_519, 65_520, LARGE].map((size) =>
    sampleBytes(size, size + 1)
  );
  for (const content of contents) await peer.request(textTo(peer.who.id, content), "sent");
  assertEquals(server.files().length, 4);
  assertEquals((await peer.poll()).map(({ content }) => content), contents);
  await peer.acknowledge(6, 1);
  assertEquals(server.files().length, 3);
  await peer.acknowledge(2, 3, 4, 5, 7, 8);
  assertEquals([server.files(), server.dump().messages], [[], []]);
});

Deno.test("secure delivery: hundreds of requests in one go are answered in order", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.secure("alice");
  const { id } = peer.who;
  const nobody = new Uint8Array(16);
  const texts = names(300);
  const requests: SecureRequest[] = [];
  for (const [i, text] of texts.entries()) {
    requests.push(textTo(id, text));
    if (i % 7 === 0) requests.push(textTo(nobody, "lost"));
    if (i % 50 === 0) requests.push({ kind: "get-messages", after: 0 });
    if (i % 60 === 0) requests.push({ kind: "list-clients", prefix: "", after: "" });
    if (i % 10 === 9) requests.push({ kind: "acknowledge", messageIds: [i + 1] });
  }
  await peer.send(...requests);
  for (const i of texts.keys()) {
    assertEquals((await peer.expect("sent")).messageId, i + 1);
    if (i % 7 === 0) assertEquals((await peer.expect("error")).error, "not-found");
    if (i % 50 === 0) {
      const { messages } = await peer.expect("messages");
      assertEquals(messages.length, i + 1 - Math.floor(i / 10));
    }
    if (i % 60 === 0) assertEquals((await peer.expect("client-page")).clients, []);
    if (i % 10 === 9) await peer.expect("acknowledged");
  }
  assertEquals((await peer.poll()).map(textOf), texts.filter((_, i) => i % 10 !== 9));
});

Deno.test("secure delivery: a large content keeps its place among small ones", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.secure("alice");
  const { id } = peer.who;
  const large = sampleBytes(LARGE);
  const contents: (string | Bytes)[] = [
    ...names(20, "before"),
    large,
    ...names(20, "after"),
    large,
  ];
  await peer.send(...contents.map((content) => textTo(id, content)), {
    kind: "acknowledge",
    messageIds: [21],
  }, { kind: "get-messages", after: 0 });
  for (const i of contents.keys()) assertEquals((await peer.expect("sent")).messageId, i + 1);
  await peer.expect("acknowledged");
  const { messages } = await peer.expect("messages");
  const expected = contents.filter((_, i) => i !== 20);
  const received = messages.map((message) =>
    message.content.length === LARGE ? message.content : textOf(message)
  );
  assertEquals(received, expected);
  assertEquals(server.files().length, 1);
});

Deno.test("secure delivery: a half-sent request leaves nothing behind", async () => {
  await using server = await ServerFixture.start();
  const { who } = await server.secure("alice");
  const before = server.dump();
  for (const size of [10, LARGE]) {
    const frame = encodeSecureRequest(textTo(who.id, sampleBytes(size)));
    for (const cut of [30, frame.length - 1]) {
      const peer = await server.secure(who);
      const listed = { kind: "list-clients", prefix: "", after: "" } as const;
      await peer.send(listed, frame.subarray(0, cut));
      await peer.expect("client-page");
      peer[Symbol.dispose]();
      await server.connectionsLeft(1);
    }
  }
  assertEquals(server.dump(), before);
});

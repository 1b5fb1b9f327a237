import type { Bytes } from "../../../shared/bytes.ts";
import { assertEquals } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { until } from "../../support/until.ts";
import { type SecurePeer, textOf, textTo } from "../../support/server/secure_peer.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";
import { storageWith } from "../../support/server/storage_with.ts";

const LARGE = 200_000;

/** Contents small and large, each different. */
function contents(count: number): Bytes[] {
  return Array.from({ length: count }, (_, i) => sampleBytes(i % 4 === 3 ? LARGE + i : i, i + 1));
}

async function sendAll(peer: SecurePeer, to: Bytes, all: Bytes[]): Promise<void> {
  await peer.send(...all.map((content) => textTo(to, content)));
  for (const _ of all) await peer.expect("sent");
}

async function pushed(peer: SecurePeer, count: number): Promise<Bytes[]> {
  const all: Bytes[] = [];
  while (all.length < count) all.push((await peer.push()).content);
  return all;
}

Deno.test("push: first what waits, then what comes, in order, small and large mixed", async () => {
  await using server = await ServerFixture.start();
  const alice = await server.secure("alice");
  const bob = await server.secure("bob");
  const all = contents(40);
  await sendAll(alice, bob.who.id, all.slice(0, 20));
  await bob.subscribe();
  assertEquals(await pushed(bob, 10), all.slice(0, 10));
  const sending = sendAll(alice, bob.who.id, all.slice(20));
  assertEquals(await pushed(bob, 30), all.slice(10));
  await sending;
});

Deno.test("push: numbers and senders are right, and no message comes twice", async () => {
  await using server = await ServerFixture.start();
  const alice = await server.secure("alice");
  const bob = await server.secure("bob");
  await bob.subscribe();
  await bob.subscribe(); // a second time changes nothing
  for (let i = 1; i <= 30; i++) {
    await alice.sendText(bob.who.id, `text ${i}`);
    const message = await bob.push();
    assertEquals([message.messageId, message.from, textOf(message)], [
      i,
      alice.who.id,
      `text ${i}`,
    ]);
  }
});

Deno.test("push: a long backlog comes whole", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.secure("alice");
  const texts = Array.from({ length: 1000 }, (_, i) => `text ${i}`);
  await peer.send(...texts.map((text) => textTo(peer.who.id, text)));
  for (const _ of texts) await peer.expect("sent");
  await peer.subscribe();
  assertEquals(await peer.texts(texts.length), texts);
});

Deno.test("push: every subscriber of a mailbox gets every message until acknowledged", async () => {
  await using server = await ServerFixture.start();
  const alice = await server.secure("alice");
  const bob = await server.secure("bob");
  const twin = await server.secure(bob.who);
  for (const peer of [bob, twin]) await peer.subscribe();
  const all = contents(12);
  await sendAll(alice, bob.who.id, all);
  for (const peer of [bob, twin]) assertEquals(await pushed(peer, 12), all);
  await bob.acknowledge(...Array.from({ length: 10 }, (_, i) => i + 1));
  twin[Symbol.dispose]();
  const later = await server.secure(bob.who);
  await later.subscribe();
  assertEquals(await pushed(later, 2), all.slice(10));
  await later.acknowledge(11, 12);
  await alice.sendText(bob.who.id, "the next");
  for (const peer of [bob, later]) assertEquals(await peer.texts(1), ["the next"]);
  assertEquals(server.files(), []);
});

Deno.test("push: pushes stand between responses, never inside one", async () => {
  await using server = await ServerFixture.start();
  const alice = await server.secure("alice");
  const bob = await server.secure("bob");
  await bob.subscribe();
  const all = contents(60);
  const sending = sendAll(alice, bob.who.id, all);
  const asking = (async () => {
    for (let i = 0; i < 60; i++) {
      await bob.send(
        { kind: "list-clients", prefix: "", after: "" },
        textTo(alice.who.id, `text ${i}`),
        {
          kind: "acknowledge",
          messageIds: [],
        },
      );
      assertEquals((await bob.expect("client-page")).clients.length, 1);
      assertEquals((await bob.expect("sent")).messageId, i + 1);
      await bob.expect("acknowledged");
    }
  })();
  await Promise.all([sending, asking]);
  assertEquals(await pushed(bob, 60), all);
});

Deno.test("push: each once and in order, whatever is told of them, and when", async () => {
  const late: (() => void)[] = [];
  let count = 0;
  await using server = await ServerFixture.start({
    services: ({ storage }) => ({
      storage: storageWith(storage, {
        watch: (mailbox, notify) =>
          storage.watch(mailbox, (message) => {
            count++;
            if (count % 7 === 0) return notify();
            if (count % 5 === 0) return late.push(() => notify(message));
            notify(message);
            if (count % 3 === 0) notify(message);
            if (count % 4 === 0) late.splice(0).forEach((tell) => tell());
          }),
      }),
    }),
  });
  const alice = await server.secure("alice");
  const bob = await server.secure("bob");
  await bob.subscribe();
  const all = contents(60);
  await sendAll(alice, bob.who.id, all.slice(0, 30));
  for (const content of all.slice(30)) await sendAll(alice, bob.who.id, [content]);
  late.forEach((tell) => tell());
  assertEquals(await pushed(bob, 60), all);
});

Deno.test("push: to nobody but the owner of the mailbox", async () => {
  await using server = await ServerFixture.start();
  const alice = await server.secure("alice");
  const bob = await server.secure("bob");
  const eve = await server.secure("eve");
  for (const peer of [alice, bob, eve]) await peer.subscribe();
  await alice.sendText(bob.who.id, "for bob");
  await alice.sendText(eve.who.id, "for eve");
  assertEquals([await bob.texts(1), await eve.texts(1)], [["for bob"], ["for eve"]]);
});

Deno.test("push: what another connection acknowledges first is passed over", async () => {
  const [small, large] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const found = Promise.withResolvers<void>();
  let holding = false;
  await using server = await ServerFixture.start({
    services: ({ storage }) => ({
      storage: storageWith(storage, {
        page: async (...question) => {
          if (holding) await small.promise;
          const page = await storage.page(...question);
          found.resolve();
          if (holding && page.length > 0) await large.promise;
          return page;
        },
      }),
    }),
  });
  const bob = await server.secure("bob");
  await sendAll(bob, bob.who.id, contents(8));
  const other = await server.secure(bob.who);
  holding = true;
  await other.subscribe();
  await bob.acknowledge(1, 2, 3, 5, 6); // before their contents are read
  small.resolve();
  await found.promise;
  await bob.acknowledge(4, 8); // files, before they are opened
  large.resolve();
  assertEquals((await other.push()).messageId, 7);
  await bob.sendText(bob.who.id, "goes on");
  assertEquals(await other.texts(1), ["goes on"]);
});

Deno.test("push: a message with a damaged file comes without content, and is logged", async () => {
  await using server = await ServerFixture.start({ errors: true });
  const peer = await server.secure("alice");
  await sendAll(peer, peer.who.id, contents(5));
  const [file] = server.files();
  await Deno.truncate(server.file(file.split(" ")[0]), 10);
  await peer.subscribe();
  const pushed = [];
  while (pushed.length < 5) pushed.push(await peer.push());
  assertEquals(pushed.map(({ messageId }) => messageId), [1, 2, 3, 4, 5]);
  const expected = contents(5).map((content, i) => i === 3 ? 0 : content.length);
  assertEquals(pushed.map(({ content }) => content.length), expected);
  const errors = server.log.filter(({ level }) => level === "error");
  assertEquals(errors.map(({ properties }) => properties.blob), [file.split(" ")[0]]);
});

Deno.test("push: nobody watches a mailbox after its subscriber has gone", async () => {
  const watching = new Set<() => void>();
  await using server = await ServerFixture.start({
    services: ({ storage }) => ({
      storage: storageWith(storage, {
        watch: async (mailbox, notify) => {
          watching.add(notify);
          const end = await storage.watch(mailbox, notify);
          return async () => {
            await end();
            watching.delete(notify);
          };
        },
      }),
    }),
  });
  const { who } = await server.secure("alice");
  for (const end of ["cut", "clean", "at once", "in one go"]) {
    const peer = await server.secure(who);
    if (end === "in one go") {
      await peer.send({ kind: "subscribe" });
      await peer.channel.end();
    } else if (end === "at once") {
      await peer.send({ kind: "subscribe" });
    } else {
      await peer.subscribe();
      assertEquals(watching.size, 1, end);
    }
    if (end === "clean") await peer.channel.end();
    if (end === "clean" || end === "in one go") {
      while (!await peer.ended()) await peer.next();
    }
    peer[Symbol.dispose]();
    await server.connectionsLeft(1);
    await until("nobody watches", () => watching.size === 0);
  }
});

/** The part of the storage contract that is about messages which stay until acknowledged. */
import type { FullMessage } from "../../server/storage/messages.ts";
import type { Bytes } from "../../shared/bytes.ts";
import { assertEquals } from "../support/assert.ts";
import { sampleBytes } from "../support/pieces.ts";
import {
  assertRefused,
  contractTest,
  type Engine,
  idOf,
  type Subject,
} from "./storage_contract.ts";

async function idsBehind({ storage }: Subject, mailbox: Bytes, after: number, most = Infinity) {
  const messages = await storage.heads(mailbox, after, { count: most, size: Infinity });
  return messages.map(({ messageId }) => messageId);
}

export function acknowledgeContract(engine: Engine): void {
  contractTest(engine, "waiting messages are seen from any number on and stay", async (subject) => {
    const alice = await subject.register("alice");
    for (const text of ["one", "two", "three"]) await subject.send(alice, text);
    assertEquals(await idsBehind(subject, alice, 0), [1, 2, 3]);
    assertEquals(await idsBehind(subject, alice, 1), [2, 3]);
    assertEquals(await idsBehind(subject, alice, 3), []);
    assertEquals(await idsBehind(subject, alice, 0, 2), [1, 2]);
    assertEquals(await subject.waiting(alice), [1, 2, 3]);
    await assertRefused(idsBehind(subject, idOf("nobody"), 0), "unknown-client");
  });

  contractTest(engine, "what is leased is still waiting", async (subject) => {
    const alice = await subject.register("alice");
    await subject.send(alice, "one");
    await subject.lease(alice);
    assertEquals(await idsBehind(subject, alice, 0), [1]);
  });

  contractTest(
    engine,
    "acknowledging deletes what is there and returns its blobs",
    async (subject) => {
      const [alice, bob] = [await subject.register("alice"), await subject.register("bob")];
      await subject.send(alice, "one");
      await subject.send(alice, { blob: "b2", size: 5 });
      await subject.send(alice, { blob: "b3", size: 6 });
      await subject.send(bob, { blob: "b4", size: 7 });
      const { storage } = subject;
      assertEquals(await storage.acknowledge(alice, [2, 2, 1, 9, 0]), ["b2"]);
      assertEquals(await idsBehind(subject, alice, 0), [3]);
      assertEquals(await storage.acknowledge(alice, [1, 2]), []);
      assertEquals(await storage.neededBlobs(["b2", "b3", "b4"]), new Set(["b3", "b4"]));
      await subject.reopen();
      assertEquals(await idsBehind(subject, alice, 0), [3]);
      assertEquals(await idsBehind(subject, bob, 0), [1]);
      assertEquals(await subject.content(alice, 1), undefined);
      await assertRefused(subject.storage.acknowledge(idOf("nobody"), [1]), "unknown-client");
    },
  );

  contractTest(
    engine,
    "exactly the acknowledged go, in whatever order they come",
    async (subject) => {
      const alice = await subject.register("alice");
      for (let i = 0; i < 12; i++) await subject.send(alice, "text");
      await subject.storage.acknowledge(alice, [2, 3, 4, 6, 9, 8, 11, 12, 13]);
      assertEquals(await idsBehind(subject, alice, 0), [1, 5, 7, 10]);
      await subject.storage.acknowledge(alice, []);
      await subject.storage.acknowledge(alice, [10, 7, 7, 1]);
      assertEquals(await idsBehind(subject, alice, 0), [5]);
    },
  );

  contractTest(engine, "acknowledging makes room, once for each message", async (subject) => {
    const alice = await subject.register("alice");
    await subject.send(alice, "12345");
    await subject.send(alice, "12345");
    await assertRefused(subject.send(alice, "1"), "mailbox-full");
    await subject.storage.acknowledge(alice, [1, 1, 1]);
    await assertRefused(subject.send(alice, "123456"), "mailbox-full");
    assertEquals(await subject.send(alice, "12345"), 3);
    await assertRefused(subject.send(alice, "1"), "mailbox-full");
  }, { maxMailboxSize: 10 });

  contractTest(engine, "an acknowledged ID never comes again", async (subject) => {
    const alice = await subject.register("alice");
    await subject.send(alice, "one");
    await subject.storage.acknowledge(alice, [1]);
    await subject.reopen();
    assertEquals(await subject.send(alice, "two"), 2);
  });

  contractTest(
    engine,
    "a watch hears of each deposit into its mailbox, until its end",
    async (subject) => {
      const [alice, bob] = [await subject.register("alice"), await subject.register("bob")];
      const heard: string[] = [];
      const first = await subject.storage.watch(alice, () => heard.push("first"));
      const second = await subject.storage.watch(alice, () => heard.push("second"));
      await subject.send(bob, "not for alice");
      assertEquals(heard, []);
      await subject.send(alice, "one");
      assertEquals(heard.toSorted(), ["first", "second"]);
      await first();
      await first();
      await subject.send(alice, "two");
      assertEquals(heard.slice(2), ["second"]);
      await second();
      await subject.send(alice, "three");
      assertEquals(heard.length, 3);
      const again = await subject.storage.watch(alice, () => heard.push("again"));
      await second(); // one that has ended does not end another
      await subject.send(alice, "four");
      assertEquals(heard.slice(3), ["again"]);
      await again();
    },
  );

  contractTest(engine, "who is handed a message gets what the mailbox has", async (subject) => {
    const [alice, bob] = [await subject.register("alice"), await subject.register("bob")];
    const handed = new Map<number, FullMessage>();
    const end = await subject.storage.watch(alice, (message) => {
      if (message) handed.set(message.messageId, message);
    });
    for (const inline of [sampleBytes(0), sampleBytes(100)]) {
      await subject.storage.deposit({ from: bob, to: alice, type: 3, content: { inline } });
    }
    const content = { blob: "a file", size: 200_000 };
    await subject.storage.deposit({ from: bob, to: alice, type: 4, content });
    const page = await subject.storage.page(alice, 0, { count: 10, size: 1_000 });
    for (const message of page) {
      assertEquals(handed.get(message.messageId) ?? message, message);
    }
    await end();
  });

  contractTest(engine, "who hears of a deposit sees it", async (subject) => {
    const alice = await subject.register("alice");
    const seen: Promise<number[]>[] = [];
    const end = await subject.storage.watch(alice, () => seen.push(idsBehind(subject, alice, 0)));
    await subject.send(alice, "one");
    assertEquals(await Promise.all(seen), [[1]]);
    await end();
  });
}

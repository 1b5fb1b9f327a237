/** The part of the storage contract that is about mailboxes and leases. */
import { type Bytes, fromUtf8, utf8 } from "../../shared/bytes.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { assertRefused, contractTest, type Engine, idOf, idsOf } from "./storage_contract.ts";

/** The blobs that the tests name. */
const BLOBS = ["b1", "b2", "b3", "b4"];

export function mailboxContract(engine: Engine): void {
  contractTest(engine, "a message comes back as it was deposited", async (subject) => {
    const alice = await subject.register("alice");
    const from = idOf("bob");
    const content = utf8("hello");
    const { storage } = subject;
    await storage.deposit({ from, to: alice, type: MessageType.key, content: { inline: content } });
    await storage.deposit({
      from,
      to: alice,
      type: MessageType.file,
      content: { blob: "b1", size: 70_000 },
    });
    const { mailbox, messages } = await subject.lease(alice);
    assertEquals(mailbox, alice);
    assertEquals(messages.map((message) => ({ ...message })), [
      { from, messageId: 1, type: MessageType.key, size: 5, blob: undefined },
      { from, messageId: 2, type: MessageType.file, size: 70_000, blob: "b1" },
    ]);
    assertEquals(await subject.content(alice, 1), content);
  });

  contractTest(engine, "a content may be empty", async (subject) => {
    const alice = await subject.register("alice");
    await subject.send(alice, "");
    const { messages } = await subject.lease(alice);
    assertEquals(messages.map(({ size, blob }) => ({ size, blob })), [{
      size: 0,
      blob: undefined,
    }]);
    assertEquals((await subject.content(alice, 1))!.length, 0);
  });

  contractTest(engine, "a message that is not there has no content", async (subject) => {
    const alice = await subject.register("alice");
    const bob = await subject.register("bob");
    await subject.send(alice, "for alice");
    assertEquals(await subject.content(alice, 2), undefined);
    assertEquals(await subject.content(bob, 1), undefined);
  });

  contractTest(engine, "nobody's mailbox takes and returns nothing", async (subject) => {
    await assertRefused(subject.send(idOf("nobody"), "lost"), "unknown-client");
    await assertRefused(subject.lease(idOf("nobody")), "unknown-client");
    assertEquals(await subject.storage.neededBlobs(["b1"]), new Set<string>());
  });

  contractTest(engine, "IDs count up from 1 in each mailbox", async (subject) => {
    const [alice, bob] = [await subject.register("alice"), await subject.register("bob")];
    const given = [];
    for (const to of [alice, alice, bob, alice, bob]) given.push(await subject.send(to, "text"));
    assertEquals(given, [1, 2, 1, 3, 2]);
  });

  contractTest(engine, "IDs of deposits at a time differ and keep their order", async (subject) => {
    const alice = await subject.register("alice");
    const texts = Array.from({ length: 600 }, (_, i) => `text ${i}`);
    const ids = await Promise.all(texts.map((text) => subject.send(alice, text)));
    assertEquals(new Set(ids).size, texts.length);
    const lease = await subject.lease(alice);
    assertEquals(idsOf(lease), ids.toSorted((a, b) => a - b));
    for (const [i, id] of ids.entries()) {
      assertEquals(fromUtf8((await subject.content(alice, id))!), texts[i]);
    }
  });

  contractTest(engine, "an ID never comes again", async (subject) => {
    const alice = await subject.register("alice");
    for (const text of ["one", "two", "three"]) await subject.send(alice, text);
    await subject.storage.leases.remove(await subject.lease(alice));
    assertEquals(await subject.send(alice, "four"), 4);
    await subject.storage.leases.remove(await subject.lease(alice));
    await subject.reopen();
    assertEquals(await subject.send(alice, "five"), 5);
    assertEquals(await subject.waiting(alice), [5]);
  });

  contractTest(engine, "a refused deposit takes no ID", async (subject) => {
    const alice = await subject.register("alice");
    await subject.send(alice, "12345");
    await assertRefused(subject.send(alice, "123456"), "mailbox-full");
    assertEquals(await subject.send(alice, "12345"), 2);
    assertEquals(await subject.waiting(alice), [1, 2]);
  }, { maxMailboxSize: 10 });

  contractTest(engine, "a mailbox is full by its bytes, blobs included", async (subject) => {
    const [alice, bob] = [await subject.register("alice"), await subject.register("bob")];
    await subject.send(alice, { blob: "b1", size: 99 });
    await assertRefused(subject.send(alice, { blob: "b2", size: 2 }), "mailbox-full");
    await assertRefused(subject.send(alice, "xy"), "mailbox-full");
    await subject.send(alice, "x");
    await subject.send(bob, { blob: "b3", size: 100 });
    assertEquals(await subject.storage.neededBlobs(BLOBS), new Set(["b1", "b3"]));
    await subject.reopen();
    await assertRefused(subject.send(alice, "x"), "mailbox-full");
    await subject.storage.leases.remove(await subject.lease(alice, 1));
    await subject.send(alice, { blob: "b4", size: 99 });
    await assertRefused(subject.send(alice, "x"), "mailbox-full");
  }, { maxMailboxSize: 100 });

  contractTest(engine, "a mailbox is full by the number of messages", async (subject) => {
    const alice = await subject.register("alice");
    const sent = await Promise.allSettled(Array.from({ length: 5 }, () => subject.send(alice, "")));
    assertEquals(sent.filter(({ status }) => status === "fulfilled").length, 3);
    await subject.storage.leases.remove(await subject.lease(alice, 2));
    assertEquals(await subject.send(alice, ""), 4);
    assertEquals(await subject.send(alice, ""), 5);
    await assertRefused(subject.send(alice, ""), "mailbox-full");
  }, { maxMessages: 3 });

  contractTest(engine, "leased messages count against the limits", async (subject) => {
    const alice = await subject.register("alice");
    await subject.send(alice, "");
    await subject.lease(alice);
    await assertRefused(subject.send(alice, ""), "mailbox-full");
  }, { maxMessages: 1 });

  contractTest(engine, "blobs are those that messages need", async (subject) => {
    const alice = await subject.register("alice");
    for (const blob of ["b1", "b2", "b3"]) await subject.send(alice, { blob, size: 1 });
    await subject.send(alice, "no blob");
    assertEquals(await subject.storage.neededBlobs(BLOBS), new Set(["b1", "b2", "b3"]));
    await subject.storage.leases.remove(await subject.lease(alice, 2));
    assertEquals(await subject.storage.neededBlobs(BLOBS), new Set(["b3"]));
    const lease = await subject.lease(alice);
    assertEquals(await subject.storage.neededBlobs(BLOBS), new Set(["b3"]));
    await subject.reopen();
    assertEquals(await subject.storage.neededBlobs(BLOBS), new Set(["b3"]));
    assertEquals(idsOf(lease), [3, 4]);
  });

  contractTest(engine, "messages last, with their contents", async (subject) => {
    const alice = await subject.register("alice");
    await subject.send(alice, "hello");
    await subject.send(alice, { blob: "b1", size: 7 });
    await subject.reopen();
    const { messages } = await subject.lease(alice);
    assertEquals(
      messages.map(({ messageId, size, blob }) => ({ messageId, size, blob })),
      [{ messageId: 1, size: 5, blob: undefined }, { messageId: 2, size: 7, blob: "b1" }],
    );
    assertEquals(fromUtf8((await subject.content(alice, 1))!), "hello");
  });

  contractTest(engine, "a removed message is gone for good", async (subject) => {
    const alice = await subject.register("alice");
    for (const text of ["one", "two", "three"]) await subject.send(alice, text);
    await subject.storage.leases.remove(await subject.lease(alice, 2));
    await subject.reopen();
    assertEquals(await subject.waiting(alice), [3]);
    assertEquals(await subject.content(alice, 1), undefined);
  });

  contractTest(engine, "what a deposit was given may change afterwards", async (subject) => {
    const alice = await subject.register("alice");
    const content: Bytes = utf8("hello");
    await subject.storage.deposit({
      from: alice,
      to: alice,
      type: MessageType.text,
      content: { inline: content },
    });
    content.fill(0);
    assert(fromUtf8((await subject.content(alice, 1))!) === "hello");
  });
}

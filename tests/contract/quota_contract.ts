/** The part of the storage contract that is about how much one sender, and all, may store. */
import { FILE_OVERHEAD, MESSAGE_OVERHEAD } from "../../server/storage/storage_options.ts";
import { utf8 } from "../../shared/bytes.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import { assertEquals } from "../support/assert.ts";
import { assertRefused, contractTest, type Engine, idOf } from "./storage_contract.ts";

const [mallory, friend] = ["mallory", "friend"].map(idOf);

/** What one thing counts for where they are alike. */
const EACH = 10_000;

export function quotaContract(engine: Engine): void {
  contractTest(engine, "a sender fills no more than a part of a mailbox", async (subject) => {
    const [alice, bob] = [await subject.register("alice"), await subject.register("bob")];
    for (let i = 0; i < 10; i++) await subject.send(alice, "", mallory);
    await assertRefused(subject.send(alice, "", mallory), "mailbox-full");
    await subject.send(bob, "", mallory);
    await subject.send(alice, "", friend);
    await subject.storage.acknowledge(alice, [3, 4]);
    await subject.reopen();
    await subject.send(alice, "", mallory);
    await assertRefused(subject.send(alice, "", mallory), "mailbox-full");
  }, { maxMessages: 100, mailboxParts: 10 });

  contractTest(engine, "in a large mailbox little of it need not count", async (subject) => {
    const alice = await subject.register("alice");
    const sent = Array.from({ length: 300 }, () => subject.send(alice, "", mallory));
    const answers = await Promise.allSettled(sent);
    const stored = answers.filter(({ status }) => status === "fulfilled").length;
    assertEquals(stored >= 200 && stored <= 220, true, `${stored} of 2,000 messages`);
    await subject.send(alice, "", friend);
  }, { maxMessages: 2_000, mailboxParts: 10 });

  contractTest(engine, "nor of its bytes", async (subject) => {
    const alice = await subject.register("alice");
    await subject.send(alice, "x".repeat(60), mallory);
    await assertRefused(subject.send(alice, "x".repeat(41), mallory), "mailbox-full");
    await assertRefused(subject.send(alice, "x".repeat(101), friend), "never-fits");
    await subject.send(alice, "x".repeat(40), mallory);
    await subject.send(alice, { blob: "b1", size: 80 }, friend);
    await subject.storage.leases.remove(await subject.lease(alice, 1));
    await subject.send(alice, "x".repeat(45), mallory);
  }, { maxMailboxSize: 1000, mailboxParts: 10 });

  contractTest(engine, "many strangers leave room for one who holds little", async (subject) => {
    const alice = await subject.register("alice");
    let stored = 0;
    for (let stranger = 0; stranger < 50; stranger++) {
      const sent = Array.from(
        { length: 40 },
        () => subject.send(alice, "", idOf(`stranger ${stranger}`)),
      );
      const done = (await Promise.allSettled(sent)).filter(({ status }) => status === "fulfilled");
      stored += done.length;
    }
    assertEquals(stored > 300 && stored < 360, true, `${stored} messages`);
    await subject.send(alice, "", friend);
  }, { maxMessages: 400, mailboxParts: 10 });

  contractTest(engine, "a client may have a quota of its own", async (subject) => {
    const [alice, bob] = [await subject.register("alice"), await subject.register("bob")];
    const { storage } = subject;
    await storage.setQuota(alice, 2 * MESSAGE_OVERHEAD);
    await subject.send(bob, "", alice);
    await assertRefused(subject.send(bob, "x", alice), "quota-full");
    await subject.reopen();
    await subject.send(bob, "", alice);
    await assertRefused(subject.send(bob, "", alice), "quota-full");
    await subject.send(bob, "x".repeat(2 * MESSAGE_OVERHEAD), mallory);
    await subject.storage.setQuota(alice, null);
    await subject.send(bob, "x".repeat(2 * MESSAGE_OVERHEAD), alice);
    await assertRefused(subject.storage.setQuota(mallory, 1), "unknown-client");
  });

  contractTest(engine, "each message counts for its sender and in all", async (subject) => {
    const [alice, bob] = [await subject.register("alice"), await subject.register("bob")];
    const size = EACH - MESSAGE_OVERHEAD;
    await subject.send(alice, "x".repeat(size), mallory);
    await subject.send(bob, { blob: "b1", size }, mallory);
    await assertRefused(subject.send(alice, "", mallory), "quota-full");
    await assertRefused(subject.storage.files.open(idOf("file"), mallory, 1), "quota-full");
    await subject.send(alice, "x".repeat(size), friend);
    await assertRefused(subject.send(alice, "", friend), "quota-full"); // of all together
    await subject.reopen();
    await assertRefused(subject.send(alice, "", mallory), "quota-full");
    await subject.storage.acknowledge(alice, [1]);
    await subject.storage.files.open(idOf("file"), mallory, EACH - FILE_OVERHEAD);
    await assertRefused(subject.send(alice, "", mallory), "quota-full");
    await assertRefused(subject.send(alice, "x".repeat(2 * EACH), idOf("other")), "never-fits");
  }, { maxSenderSize: 2 * EACH, maxTotalSize: 3 * EACH });

  contractTest(engine, "a message may count for another than its sender", async (subject) => {
    const alice = await subject.register("alice");
    const send = (payer: string) =>
      subject.storage.deposit({
        from: friend,
        to: alice,
        type: MessageType.text,
        content: { inline: utf8("x") },
        payer: idOf(payer),
      });
    for (let i = 0; i < 5; i++) await send("one address");
    await assertRefused(send("one address"), "mailbox-full");
    await send("another");
    const [first] = await subject.storage.heads(alice, 0, { count: 1, size: Infinity });
    assertEquals(first.from, friend);
    await subject.storage.acknowledge(alice, [1]);
    await send("one address");
  }, { maxMessages: 53, mailboxParts: 10 });

  contractTest(engine, "a content counts as it comes in, until it is stored", async (subject) => {
    const alice = await subject.register("alice");
    const { storage } = subject;
    const size = 1000;
    const receive = (from = mallory) => storage.receive({ from, to: alice, size });
    await assertRefused(storage.receive({ from: mallory, to: idOf("x"), size }), "unknown-client");
    const [first, second] = [await receive(), await receive()];
    await first.add(600);
    await second.add(600);
    await assertRefused(second.add(600), "quota-full");
    await assertRefused(receive(), "quota-full");
    second.end();
    second.end();
    await first.add(400);
    const content = { blob: "b1", size };
    const message = { from: mallory, to: alice, type: MessageType.file, content };
    await storage.deposit({ ...message, incoming: first });
    first.end();
    assertEquals((await storage.stats()).charged, size + MESSAGE_OVERHEAD);
    await assertRefused(receive(), "quota-full");
    await (await receive(friend)).add(size);
    await storage.acknowledge(alice, [1]);
    await (await receive()).add(size);
  }, { maxSenderSize: 1700, maxTotalSize: 5000 });
}

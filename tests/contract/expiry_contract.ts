/** The part of the storage contract that is about messages that nobody fetches, and free room. */
import { assert, assertEquals } from "../support/assert.ts";
import { assertRefused, contractTest, type Engine, type Subject } from "./storage_contract.ts";

/** Expires all that is due. Returns how many messages that were, and the blobs. */
async function expireAll({ storage }: Subject): Promise<[number, string[]]> {
  const blobs: string[] = [];
  for (let total = 0;;) {
    const expired = await storage.expireMessages();
    if (expired.count === 0) return [total, blobs];
    assert(expired.count <= 512, "a page is small");
    total += expired.count;
    blobs.push(...expired.blobs);
  }
}

export function expiryContract(engine: Engine): void {
  contractTest(engine, "messages expire, whosever they are, oldest first", async (subject) => {
    const [alice, bob] = [await subject.register("alice"), await subject.register("bob")];
    await subject.send(alice, "one");
    await subject.send(bob, { blob: "b1", size: 5 });
    subject.now = 500;
    await subject.send(bob, { blob: "b2", size: 5 });
    await subject.send(alice, "two");
    subject.now = 2001;
    assertEquals(await expireAll(subject), [0, []]);
    subject.now = 2002;
    await subject.reopen();
    assertEquals(await expireAll(subject), [2, ["b1"]]);
    assertEquals([await subject.waiting(alice), await subject.waiting(bob)], [[2], [2]]);
    subject.now = 9999;
    assertEquals(await expireAll(subject), [2, ["b2"]]);
    assertEquals((await subject.storage.stats()).charged, 0);
    assertEquals(await subject.send(alice, "three"), 3);
    await subject.storage.close();
    await assertRefused(subject.storage.expireMessages(), "closed");
  });

  contractTest(engine, "expiry of many messages holds up nobody else", async (subject) => {
    const alice = await subject.register("alice");
    await Promise.all(Array.from({ length: 1000 }, () => subject.send(alice, "x")));
    subject.now = 9999;
    const done: string[] = [];
    const expired = expireAll(subject).then(([count]) => done.push(`expired ${count}`));
    await subject.storage.expireMessages(); // it is under way
    await subject.send(await subject.register("bob"), "text").then(() => done.push("sent"));
    await expired;
    assertEquals([done[0], done.length], ["sent", 2]);
    assertEquals(await subject.waiting(alice), []);
  });

  contractTest(engine, "free room is given back, in steps or at once", async (subject) => {
    const alice = await subject.register("alice");
    const text = "x".repeat(50_000);
    const fill = () => Promise.all(Array.from({ length: 300 }, () => subject.send(alice, text)));
    const empty = async () => {
      await subject.storage.acknowledge(alice, Array.from({ length: 900 }, (_, i) => i + 1));
    };
    await fill();
    const full = await subject.size();
    await empty();
    assertEquals(await subject.size(), full);
    subject.pace = 1;
    let steps = 0;
    while (await subject.storage.giveBack()) steps++;
    assert(steps > 10, "small steps");
    subject.pace = null;
    await subject.reopen();
    const some = await subject.size();
    assert(some < full / 2, `${some} of ${full} bytes are left`);
    await fill();
    await empty();
    await subject.storage.compact();
    assert(await subject.size() < full / 20, `${await subject.size()} of ${full} bytes are left`);
    assertEquals(await subject.send(alice, "text"), 601);
  }, { maxMailboxSize: 100_000_000, maxSenderSize: 100_000_000, maxTotalSize: 100_000_000 });
}

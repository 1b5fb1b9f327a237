/** The storage contract for leases: who delivers a message, and for how long. */
import { MESSAGE_HEAD_SIZE } from "../../shared/protocol/message.ts";
import { assertEquals } from "../support/assert.ts";
import {
  assertRefused,
  contractTest,
  type Engine,
  idsOf,
  type Subject,
} from "./storage_contract.ts";

async function aliceWith(subject: Subject, count: number) {
  const alice = await subject.register("alice");
  for (let i = 1; i <= count; i++) await subject.send(alice, "x".repeat(i));
  return alice;
}

export function leaseContract(engine: Engine): void {
  contractTest(engine, "a lease takes what fits, from the front", async (subject) => {
    const alice = await aliceWith(subject, 5);
    const fitting = async (count: number, size: number) => {
      const lease = await subject.storage.leases.take(alice, { count, size });
      await subject.storage.leases.release(lease);
      return idsOf(lease);
    };
    const head = MESSAGE_HEAD_SIZE;
    assertEquals(await fitting(9, 2 * head + 3), [1, 2]); // of 1 and of 2 bytes
    assertEquals(await fitting(9, 2 * head + 2), [1]);
    assertEquals(await fitting(1, 2 * head + 3), [1]);
    assertEquals(await fitting(9, head), []);
    // None is skipped for the sake of a smaller one behind it.
    await subject.send(alice, "");
    assertEquals(await fitting(9, 5 * head + 14), [1, 2, 3, 4]);
    assertEquals(await fitting(9, 6 * head + 15), [1, 2, 3, 4, 5, 6]);
  });

  contractTest(engine, "a lease may be empty", async (subject) => {
    const alice = await subject.register("alice");
    const empty = await subject.lease(alice);
    assertEquals(idsOf(empty), []);
    await subject.send(alice, "text");
    assertEquals(idsOf(await subject.lease(alice, 0)), []);
    await subject.storage.leases.remove(empty);
    assertEquals(await subject.waiting(alice), [1]);
  });

  contractTest(engine, "leases exclude each other", async (subject) => {
    const alice = await aliceWith(subject, 5);
    assertEquals(idsOf(await subject.lease(alice, 2)), [1, 2]);
    assertEquals(idsOf(await subject.lease(alice, 2)), [3, 4]);
    assertEquals(idsOf(await subject.lease(alice, 2)), [5]);
    assertEquals(idsOf(await subject.lease(alice, 2)), []);
    await subject.send(alice, "new");
    assertEquals(idsOf(await subject.lease(alice)), [6]);
  });

  contractTest(engine, "leases asked for at a time exclude each other", async (subject) => {
    const alice = await aliceWith(subject, 20);
    const leases = await Promise.all(Array.from({ length: 8 }, () => subject.lease(alice, 3)));
    const ids = leases.flatMap(idsOf);
    assertEquals(ids.toSorted((a, b) => a - b), Array.from({ length: 20 }, (_, i) => i + 1));
  });

  contractTest(engine, "leases of different mailboxes have nothing in common", async (subject) => {
    const alice = await aliceWith(subject, 2);
    const bob = await subject.register("bob");
    await subject.send(bob, "text");
    assertEquals(idsOf(await subject.lease(alice)), [1, 2]);
    const lease = await subject.lease(bob);
    assertEquals(idsOf(lease), [1]);
    await subject.storage.leases.remove(lease);
    assertEquals(await subject.waiting(bob), []);
    assertEquals(await subject.waiting(alice), []);
  });

  contractTest(engine, "released messages are back at their place", async (subject) => {
    const alice = await aliceWith(subject, 5);
    const first = await subject.lease(alice, 2);
    const second = await subject.lease(alice, 2);
    await subject.storage.leases.release(first);
    assertEquals(await subject.waiting(alice), [1, 2, 5]);
    await subject.storage.leases.release(second);
    assertEquals(await subject.waiting(alice), [1, 2, 3, 4, 5]);
  });

  contractTest(engine, "removing takes the leased messages and no other", async (subject) => {
    const alice = await aliceWith(subject, 5);
    const [first, second] = [await subject.lease(alice, 2), await subject.lease(alice, 2)];
    await subject.storage.leases.remove(second);
    assertEquals(await subject.waiting(alice), [5]);
    await subject.storage.leases.release(first);
    assertEquals(await subject.waiting(alice), [1, 2, 5]);
  });

  contractTest(
    engine,
    "a part of a lease can be removed; the rest waits again",
    async (subject) => {
      const alice = await aliceWith(subject, 4);
      const lease = await subject.lease(alice, 3);
      await subject.storage.leases.remove(lease, [lease.messages[0], lease.messages[2]]);
      assertEquals(await subject.waiting(alice), [2, 4]);
      await subject.reopen();
      assertEquals(await subject.waiting(alice), [2, 4]);
    },
  );

  contractTest(engine, "a lease that has ended ends no other", async (subject) => {
    const alice = await aliceWith(subject, 2);
    const first = await subject.lease(alice);
    await subject.storage.leases.release(first);
    const second = await subject.lease(alice);
    await subject.storage.leases.release(first);
    assertEquals(idsOf(await subject.lease(alice)), []);
    await subject.storage.leases.remove(first);
    assertEquals(await subject.waiting(alice), []);
    await subject.storage.leases.release(second);
    assertEquals(await subject.waiting(alice), [1, 2]);
  });

  contractTest(engine, "removing twice is the same as once", async (subject) => {
    const alice = await aliceWith(subject, 2);
    const lease = await subject.lease(alice, 1);
    await subject.storage.leases.remove(lease);
    await subject.storage.leases.remove(lease);
    assertEquals(await subject.waiting(alice), [2]);
    // The mailbox's counts are right, too: there is room for two more, not three.
    await subject.send(alice, "text");
    await subject.send(alice, "text");
    await assertRefused(subject.send(alice, "text"), "mailbox-full");
  }, { maxMessages: 3 });

  contractTest(engine, "a restart ends every lease", async (subject) => {
    const alice = await aliceWith(subject, 3);
    await subject.lease(alice);
    await subject.reopen();
    assertEquals(await subject.waiting(alice), [1, 2, 3]);
  });

  contractTest(engine, "a long mailbox is leased whole and in order", async (subject) => {
    const alice = await subject.register("alice");
    const count = 2500; // more than any implementation should look at in one step
    await Promise.all(Array.from({ length: count }, () => subject.send(alice, "")));
    const all = Array.from({ length: count }, (_, i) => i + 1);
    const first = await subject.lease(alice, 1500);
    assertEquals(idsOf(first), all.slice(0, 1500));
    assertEquals(idsOf(await subject.lease(alice)), all.slice(1500));
    await subject.storage.leases.release(first);
    assertEquals(await subject.waiting(alice), all.slice(0, 1500));
  }, { maxMessages: 5000 });

  contractTest(engine, "a long way to the next message holds up nobody else", async (subject) => {
    const [alice, bob] = [await subject.register("alice"), await subject.register("bob")];
    const count = 5000;
    await Promise.all(Array.from({ length: count }, () => subject.send(alice, "")));
    const first = await subject.lease(alice, 1);
    await subject.lease(alice, count - 2);
    await subject.storage.leases.release(first);
    const done: string[] = [];
    await Promise.all([
      subject.lease(alice).then((lease) => done.push(`leased ${idsOf(lease)}`)),
      subject.storage.heads(alice, 0, { count: Infinity, size: Infinity })
        .then((heads) => done.push(`heads ${heads.length}`)),
      subject.send(bob, "text").then(() => done.push("sent")),
    ]);
    assertEquals(done[0], "sent");
    assertEquals(done.toSorted(), [`heads ${count}`, `leased 1,${count}`, "sent"]);
    assertEquals(await subject.waiting(alice), []);
  }, { maxMessages: 5000 });

  contractTest(engine, "what is released while a lease is taken waits again", async (subject) => {
    const alice = await subject.register("alice");
    await Promise.all(Array.from({ length: 2500 }, () => subject.send(alice, "")));
    const first = await subject.lease(alice, 10);
    const taking = subject.lease(alice);
    await subject.storage.leases.release(first);
    const ids = [...idsOf(await taking), ...idsOf(await subject.lease(alice))];
    assertEquals(ids.toSorted((a, b) => a - b), Array.from({ length: 2500 }, (_, i) => i + 1));
  }, { maxMessages: 5000 });
}

/** The part of the storage contract that is about prekeys. */
import type { Bytes } from "../../shared/bytes.ts";
import { type Prekey, PrekeyKind } from "../../shared/protocol/prekey.ts";
import { PREKEY_OVERHEAD } from "../../server/storage/storage_options.ts";
import { assertEquals } from "../support/assert.ts";
import { firstPrekeys, namesOf, prekeyOf, prekeysOf } from "../support/prekeys.ts";
import {
  assertRefused,
  contractTest,
  type Engine,
  idOf,
  type Subject,
} from "./storage_contract.ts";

const { signed, lastResort, oneTime, oneTimeKem } = PrekeyKind;

/** Registers alice, and has her publish. */
async function aliceWith(subject: Subject, prekeys: Prekey[]): Promise<Bytes> {
  const alice = await subject.register("alice");
  await subject.storage.prekeys.publish(alice, prekeys, { replace: false });
  return alice;
}

/** Kinds and IDs of what a draw returns. */
async function draw({ storage }: Subject, owner: Bytes, withOneTime = true) {
  return namesOf(await storage.prekeys.draw(owner, { oneTime: withOneTime }));
}

/** The largest ID that was ever published, and how many one-time prekeys are left. */
async function left({ storage }: Subject, owner: Bytes): Promise<number[]> {
  const { prekeyId, oneTimeLeft, oneTimeKemLeft } = await storage.prekeys.checkIn(
    owner,
    idOf("mark"),
  );
  return [prekeyId, oneTimeLeft, oneTimeKemLeft];
}

export function prekeyContract(engine: Engine): void {
  publishing(engine);
  replacing(engine);
  drawing(engine);
  watching(engine);
  checkingIn(engine);
}

function publishing(engine: Engine): void {
  contractTest(
    engine,
    "prekeys count for their owner; what does not grow is taken",
    async (subject) => {
      const { storage } = subject;
      const charged = async () => (await storage.stats()).charged;
      const alice = await aliceWith(subject, firstPrekeys(2));
      const [small, large] = [PREKEY_OVERHEAD + 32 + 64, PREKEY_OVERHEAD + 1184 + 64];
      assertEquals(await charged(), 3 * small + 3 * large);
      const publish = (prekeys: Prekey[], replace = false) =>
        storage.prekeys.publish(alice, prekeys, { replace });
      await assertRefused(publish([prekeyOf(oneTime, 10)]), "quota-full");
      await publish([prekeyOf(signed, 10), prekeyOf(signed, 11), prekeyOf(lastResort, 12)]);
      await assertRefused(publish([prekeyOf(signed, 20), prekeyOf(oneTime, 21)]), "quota-full");
      assertEquals(await charged(), 3 * small + 3 * large);
      await draw(subject, alice);
      assertEquals(await charged(), 2 * small + 2 * large);
      await publish([prekeyOf(oneTime, 30)]);
      await publish(prekeysOf(oneTime, 40, 10), true);
      assertEquals(await charged(), 10 * small);
      await storage.unregister(alice);
      assertEquals(await charged(), 10 * small);
      while (await storage.removeRemains());
      assertEquals(await charged(), 0);
    },
    { maxSenderSize: 3 * (PREKEY_OVERHEAD + 32 + 64) + 3 * (PREKEY_OVERHEAD + 1184 + 64) },
  );

  contractTest(engine, "prekeys come back byte for byte, also after a restart", async (subject) => {
    const prekeys = firstPrekeys(1);
    const alice = await aliceWith(subject, prekeys);
    await subject.reopen();
    const drawn = await subject.storage.prekeys.draw(alice, { oneTime: true });
    assertEquals(drawn, [prekeys[0], prekeys[3], prekeys[2]]);
  });

  contractTest(engine, "a repeat of a publish changes nothing", async (subject) => {
    const prekeys = firstPrekeys(2);
    const alice = await aliceWith(subject, prekeys);
    await draw(subject, alice);
    await subject.storage.prekeys.publish(alice, prekeys, { replace: false });
    assertEquals(await left(subject, alice), [6, 1, 1]);
    assertEquals(await draw(subject, alice), [[signed, 1], [oneTimeKem, 6], [oneTime, 4]]);
    await subject.reopen();
    await subject.storage.prekeys.publish(alice, prekeys, { replace: false });
    assertEquals(await draw(subject, alice), [[signed, 1], [lastResort, 2]]);
  });

  contractTest(engine, "IDs not larger than all before are passed over", async (subject) => {
    const alice = await aliceWith(subject, [prekeyOf(signed, 10), prekeyOf(lastResort, 20)]);
    const late = [prekeyOf(signed, 20), prekeyOf(lastResort, 19), ...prekeysOf(oneTime, 18, 5)];
    await subject.storage.prekeys.publish(alice, late, { replace: false });
    assertEquals(await left(subject, alice), [22, 2, 0]);
    assertEquals(await draw(subject, alice), [[signed, 10], [lastResort, 20], [oneTime, 21]]);
  });

  contractTest(
    engine,
    "the order of a request does not matter, nor an ID twice",
    async (subject) => {
      const alice = await aliceWith(subject, [
        ...prekeysOf(oneTime, 5, 3).toReversed(),
        prekeyOf(lastResort, 4),
        prekeyOf(lastResort, 2),
        prekeyOf(signed, 1),
        prekeyOf(signed, 3),
        prekeyOf(oneTime, 6),
        prekeyOf(oneTimeKem, 6),
      ]);
      assertEquals(await left(subject, alice), [7, 3, 0]);
      assertEquals(await draw(subject, alice), [[signed, 3], [lastResort, 4], [oneTime, 5]]);
    },
  );

  contractTest(engine, "of the kinds that are kept the last one counts", async (subject) => {
    const alice = await aliceWith(subject, firstPrekeys(0));
    const next = [prekeyOf(signed, 3), prekeyOf(lastResort, 4)];
    await subject.storage.prekeys.publish(alice, next, { replace: false });
    assertEquals(await draw(subject, alice), [[signed, 3], [lastResort, 4]]);
    await subject.storage.prekeys.publish(alice, [prekeyOf(signed, 5)], { replace: false });
    assertEquals(await draw(subject, alice), [[signed, 5], [lastResort, 4]]);
  });

  contractTest(engine, "no more one-time prekeys of a kind than the limit", async (subject) => {
    const alice = await aliceWith(subject, firstPrekeys(3)); // up to ID 8
    const { storage } = subject;
    const publish = (...prekeys: Prekey[]) =>
      storage.prekeys.publish(alice, prekeys, { replace: false });
    for (const kind of [oneTime, oneTimeKem]) {
      await assertRefused(publish(prekeyOf(signed, 9), prekeyOf(kind, 10)), "prekeys-full");
    }
    assertEquals(await left(subject, alice), [8, 3, 3]);
    await publish(...firstPrekeys(3)); // repeats need no room
    await draw(subject, alice);
    await assertRefused(publish(...prekeysOf(oneTime, 9, 2)), "prekeys-full");
    await publish(prekeyOf(oneTime, 9), prekeyOf(oneTimeKem, 10), prekeyOf(signed, 11));
    assertEquals(await left(subject, alice), [11, 3, 3]);
    assertEquals(await draw(subject, alice), [[signed, 11], [oneTimeKem, 7], [oneTime, 4]]);
  }, { maxOneTimePrekeys: 3 });

  contractTest(engine, "prekeys are their owner's own", async (subject) => {
    const alice = await aliceWith(subject, firstPrekeys(2));
    const bob = await subject.register("bob");
    assertEquals(await left(subject, bob), [0, 0, 0]);
    await subject.storage.prekeys.publish(bob, firstPrekeys(1), { replace: true });
    assertEquals(await left(subject, bob), [4, 1, 1]);
    await draw(subject, bob);
    assertEquals(await left(subject, alice), [6, 2, 2]);
    const nobody = idOf("nobody");
    const { storage } = subject;
    await assertRefused(
      storage.prekeys.publish(nobody, firstPrekeys(1), { replace: false }),
      "unknown-client",
    );
    await assertRefused(storage.prekeys.draw(nobody, { oneTime: true }), "unknown-client");
    await assertRefused(storage.prekeys.checkIn(nobody, idOf("mark")), "unknown-client");
  });
}

function replacing(engine: Engine): void {
  contractTest(engine, "replacing forgets what is older, also in a repeat", async (subject) => {
    const alice = await aliceWith(subject, firstPrekeys(3)); // up to ID 8
    const { storage } = subject;
    const next = [...prekeysOf(oneTime, 20, 2), prekeyOf(signed, 10), prekeyOf(lastResort, 11)];
    await storage.prekeys.publish(alice, next, { replace: true });
    assertEquals(await left(subject, alice), [21, 2, 0]);
    assertEquals(await draw(subject, alice), [[signed, 10], [lastResort, 11], [oneTime, 20]]);
    await storage.prekeys.publish(alice, [prekeyOf(oneTimeKem, 30)], { replace: false });
    await storage.prekeys.publish(alice, next, { replace: true });
    assertEquals(await left(subject, alice), [30, 1, 1]);
    assertEquals(await draw(subject, alice), [[signed, 10], [oneTimeKem, 30], [oneTime, 21]]);
  });

  contractTest(
    engine,
    "replacing makes room, and a refused one forgets nothing",
    async (subject) => {
      const alice = await aliceWith(subject, firstPrekeys(3)); // up to ID 8
      const { storage } = subject;
      const publish = (count: number) =>
        storage.prekeys.publish(alice, prekeysOf(oneTime, 9, count), { replace: true });
      await assertRefused(publish(4), "prekeys-full");
      assertEquals(await left(subject, alice), [8, 3, 3]);
      await publish(3);
      assertEquals(await left(subject, alice), [11, 3, 0]);
      await assertRefused(storage.prekeys.draw(alice, { oneTime: true }), "no-prekeys");
      assertEquals(await left(subject, alice), [11, 3, 0]);
    },
    { maxOneTimePrekeys: 3 },
  );
}

function drawing(engine: Engine): void {
  contractTest(engine, "one-time prekeys are drawn once, the oldest first", async (subject) => {
    const alice = await aliceWith(subject, firstPrekeys(2));
    assertEquals(await draw(subject, alice), [[signed, 1], [oneTimeKem, 5], [oneTime, 3]]);
    await subject.reopen();
    assertEquals(await draw(subject, alice), [[signed, 1], [oneTimeKem, 6], [oneTime, 4]]);
    for (let i = 0; i < 2; i++) {
      assertEquals(await draw(subject, alice), [[signed, 1], [lastResort, 2]]);
    }
  });

  contractTest(engine, "each kind runs out by itself", async (subject) => {
    const alice = await aliceWith(subject, [...firstPrekeys(0), ...prekeysOf(oneTime, 3, 1)]);
    assertEquals(await draw(subject, alice), [[signed, 1], [lastResort, 2], [oneTime, 3]]);
    await subject.storage.prekeys.publish(alice, prekeysOf(oneTimeKem, 4, 1), { replace: false });
    assertEquals(await draw(subject, alice), [[signed, 1], [oneTimeKem, 4]]);
  });

  contractTest(
    engine,
    "the last one-time prekeys are not drawn twice at a time",
    async (subject) => {
      const alice = await aliceWith(subject, firstPrekeys(3));
      const drawn = await Promise.all(Array.from({ length: 20 }, () => draw(subject, alice)));
      const ids = (kind: PrekeyKind) =>
        drawn.flat().filter((drawn) => drawn[0] === kind).map(([, id]) => id);
      assertEquals([ids(oneTime), ids(oneTimeKem)], [[3, 4, 5], [6, 7, 8]]);
      assertEquals([ids(signed).length, ids(lastResort).length], [20, 17]);
    },
  );

  contractTest(engine, "without one-time prekeys nothing is used up", async (subject) => {
    const alice = await aliceWith(subject, firstPrekeys(1));
    for (let i = 0; i < 3; i++) {
      assertEquals(await draw(subject, alice, false), [[signed, 1], [lastResort, 2]]);
    }
    assertEquals(await left(subject, alice), [4, 1, 1]);
  });

  contractTest(
    engine,
    "a part of a bundle is none, and nothing of it is used up",
    async (subject) => {
      const alice = await subject.register("alice");
      const { storage } = subject;
      const refused = (withOneTime: boolean) =>
        assertRefused(storage.prekeys.draw(alice, { oneTime: withOneTime }), "no-prekeys");
      await refused(true);
      await storage.prekeys.publish(alice, prekeysOf(oneTime, 1, 1), { replace: false });
      await storage.prekeys.publish(alice, prekeysOf(oneTimeKem, 2, 1), { replace: false });
      await refused(true);
      await storage.prekeys.publish(alice, [prekeyOf(signed, 3)], { replace: false });
      await refused(false);
      assertEquals(await left(subject, alice), [3, 1, 1]);
      assertEquals(await draw(subject, alice), [[signed, 3], [oneTimeKem, 2], [oneTime, 1]]);
      await refused(true);
    },
  );
}

function watching(engine: Engine): void {
  contractTest(
    engine,
    "a watch hears when a draw leaves exactly 50 of a one-time kind, until its end",
    async (subject) => {
      const alice = await aliceWith(subject, firstPrekeys(52));
      const heard: string[] = [];
      const { prekeys } = subject.storage;
      const first = await prekeys.watch(alice, () => heard.push("first"));
      const second = await prekeys.watch(alice, () => heard.push("second"));
      await draw(subject, alice); // 51 are left
      await draw(subject, alice, false);
      assertEquals(heard, []);
      await draw(subject, alice); // 50
      assertEquals(heard.toSorted(), ["first", "second"]);
      await draw(subject, alice, false);
      await draw(subject, alice); // 49
      assertEquals(heard.length, 2);
      await first();
      await prekeys.publish(alice, prekeysOf(oneTimeKem, 200, 2), { replace: false });
      await draw(subject, alice); // 50 of one kind
      assertEquals(heard.slice(2), ["second"]);
      await second();
      await prekeys.publish(alice, prekeysOf(oneTime, 300, 3), { replace: false });
      await draw(subject, alice);
      assertEquals(heard.length, 3);
    },
  );
}

function checkingIn(engine: Engine): void {
  contractTest(engine, "a mark is given back the next time", async (subject) => {
    const alice = await subject.register("alice");
    const bob = await subject.register("bob");
    const nothing = { prekeyId: 0, oneTimeLeft: 0, oneTimeKemLeft: 0 };
    const { storage } = subject;
    const none = new Uint8Array(16);
    assertEquals(await storage.prekeys.checkIn(alice, idOf("one")), { mark: none, ...nothing });
    assertEquals(await storage.prekeys.checkIn(alice, idOf("two")), {
      mark: idOf("one"),
      ...nothing,
    });
    assertEquals(await storage.prekeys.checkIn(bob, idOf("other")), { mark: none, ...nothing });
    await subject.reopen();
    const { mark } = await subject.storage.prekeys.checkIn(alice, idOf("three"));
    assertEquals(mark, idOf("two"));
  });

  contractTest(engine, "marks at a time make one chain", async (subject) => {
    const alice = await subject.register("alice");
    const marks = Array.from({ length: 10 }, (_, i) => idOf(`mark ${i}`));
    const answers = await Promise.all(
      marks.map((mark) => subject.storage.prekeys.checkIn(alice, mark)),
    );
    assertEquals(answers.map(({ mark }) => mark), [new Uint8Array(16), ...marks.slice(0, -1)]);
  });

  contractTest(engine, "the largest ID is known after its prekey is gone", async (subject) => {
    const alice = await aliceWith(subject, firstPrekeys(1));
    await draw(subject, alice);
    await subject.reopen();
    assertEquals(await left(subject, alice), [4, 0, 0]);
  });
}

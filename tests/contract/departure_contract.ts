/** The part of the storage contract that is about clients that leave. */
import { FILE_OVERHEAD, RECEIVER_OVERHEAD } from "../../server/storage/storage_options.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import { PrekeyKind } from "../../shared/protocol/prekey.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { prekeyOf, prekeysOf } from "../support/prekeys.ts";
import {
  assertRefused,
  clientCalled,
  contractTest,
  type Engine,
  idOf,
  type Subject,
} from "./storage_contract.ts";

const fileId = (number: number) => new Uint8Array(16).fill(number);

/** Deletes all that is left. Returns the names of blobs and the first bytes of the IDs of files. */
async function removeAll({ storage }: Subject): Promise<{ blobs: string[]; files: number[] }> {
  const all = { blobs: [] as string[], files: [] as number[] };
  for (let remains; (remains = await storage.removeRemains());) {
    all.blobs.push(...remains.blobs);
    all.files.push(...remains.files.map(([first]) => first));
  }
  return all;
}

/** What three files of 1,000 bytes and as many receivers count for. */
const QUOTA = 3 * (FILE_OVERHEAD + 1000 + RECEIVER_OVERHEAD);

export function departureContract(engine: Engine): void {
  contractTest(engine, "a client that has left is found nowhere", async (subject) => {
    const { storage } = subject;
    const [alice, bob] = [await subject.register("alice"), await subject.register("bob")];
    await subject.send(alice, "waits");
    await storage.unregister(alice);
    for (let run = 0; run < 2; run++) {
      assertEquals(await subject.storage.client(alice), undefined);
      assertEquals(await subject.storage.clients([alice, bob]).then((all) => all.length), 1);
      assertEquals(await subject.storage.clientNamed("alice"), undefined);
      const place = { prefix: "", after: "" };
      const page = await subject.storage.clientsBehind(place, idOf("nobody"), 10);
      assertEquals(page.map(({ name }) => name), ["bob"]);
      assertEquals(await subject.list("nobody"), [{ id: bob, name: "bob" }]);
      await assertRefused(subject.send(alice, "more"), "unknown-client");
      await assertRefused(subject.storage.unregister(alice), "unknown-client");
      await subject.reopen();
    }
  });

  contractTest(engine, "its name is free at once, its ID when nothing is left", async (subject) => {
    const alice = await subject.register("alice");
    await subject.send(alice, "waits");
    await subject.storage.unregister(alice);
    await assertRefused(subject.register("alice"), "leaving");
    await subject.storage.register({ ...clientCalled("alice"), id: idOf("another") });
    await removeAll(subject);
    await subject.storage.register({ ...clientCalled("alicia"), id: alice });
    assertEquals((await subject.storage.client(alice))?.name, "alicia");
    assertEquals(await subject.waiting(alice), []);
    assertEquals(await subject.send(alice, "new"), 1);
  });

  contractTest(
    engine,
    "what waited for it goes, page by page, in spite of a stop",
    async (subject) => {
      const [alice, bob] = [await subject.register("alice"), await subject.register("bob")];
      for (let i = 0; i < 500; i++) {
        await subject.send(
          alice,
          i === 3 ? { blob: "b3", size: 9 } : "x",
        );
      }
      await subject.send(bob, "stays", alice);
      await subject.storage.unregister(alice);
      let pages = 0;
      const blobs: string[] = [];
      for (let remains; (remains = await subject.storage.removeRemains()); pages++) {
        blobs.push(...remains.blobs);
        await subject.reopen();
      }
      assert(pages > 3, `${pages} pages`);
      assertEquals(blobs, ["b3"]);
      assertEquals(await subject.storage.neededBlobs(["b3"]), new Set());
      assertEquals(await subject.waiting(bob), [1]);
    },
  );

  contractTest(engine, "its prekeys and what is known of them go", async (subject) => {
    const alice = await subject.register("alice");
    const prekeys = [
      prekeyOf(PrekeyKind.signed, 1),
      prekeyOf(PrekeyKind.lastResort, 2),
      ...prekeysOf(PrekeyKind.oneTime, 3, 5),
    ];
    await subject.storage.prekeys.publish(alice, prekeys, { replace: false });
    await subject.storage.prekeys.checkIn(alice, new Uint8Array(16).fill(1));
    await subject.storage.unregister(alice);
    await assertRefused(subject.storage.prekeys.draw(alice, { oneTime: true }), "unknown-client");
    await removeAll(subject);
    await subject.register("alice");
    await assertRefused(subject.storage.prekeys.draw(alice, { oneTime: true }), "no-prekeys");
    assertEquals(await subject.storage.prekeys.checkIn(alice, new Uint8Array(16)), {
      mark: new Uint8Array(16),
      prekeyId: 0,
      oneTimeLeft: 0,
      oneTimeKemLeft: 0,
    });
  });

  contractTest(engine, "its files go, and those that only it was to receive", async (subject) => {
    const { storage: { files } } = subject;
    const [alice, bob] = [await subject.register("alice"), await subject.register("bob")];
    const carol = await subject.register("carol");
    await files.open(fileId(1), alice, 1000); // an upload
    await files.open(fileId(2), alice, 1000);
    await files.share(fileId(2), [bob]);
    await files.open(fileId(3), bob, 1000);
    await files.share(fileId(3), [alice]);
    await files.open(fileId(4), bob, 1000);
    await files.share(fileId(4), [alice, carol]);
    await files.open(fileId(5), bob, 1000);
    await subject.storage.unregister(alice);
    assertEquals((await removeAll(subject)).files.toSorted(), [1, 2, 3]);
    for (const [number, there] of [false, false, false, true, true].entries()) {
      assertEquals(await files.find(fileId(number + 1)) !== undefined, there, `${number + 1}`);
    }
    assertEquals(await files.receivers(fileId(4)), 1);
    // What they took is free again.
    await subject.register("alice");
    await files.open(fileId(6), alice, QUOTA - FILE_OVERHEAD);
    await assertRefused(files.open(fileId(7), alice, 1), "quota-full");
    await files.open(fileId(7), bob, 1000);
    await assertRefused(files.open(fileId(8), bob, 1), "quota-full");
  }, { maxSenderSize: QUOTA, maxTotalSize: 2 * QUOTA });

  contractTest(engine, "those who have left do not count for the limit", async (subject) => {
    const alice = await subject.register("alice");
    const bob = await subject.register("bob");
    await assertRefused(subject.register("carol"), "clients-full");
    for (const id of [bob, alice]) await subject.storage.unregister(id);
    await subject.register("carol");
    await removeAll(subject);
    await subject.register("dave");
    await assertRefused(subject.register("erin"), "clients-full");
    await subject.reopen();
    assertEquals((await subject.list("nobody")).map(({ name }) => name), ["carol", "dave"]);
    await assertRefused(subject.register("erin"), "clients-full");
  }, { maxClients: 2 });

  contractTest(engine, "a repeated message is none for whoever comes later", async (subject) => {
    const somebody = await subject.register("somebody");
    const last = await subject.register("alice");
    const deposit = {
      from: somebody,
      type: MessageType.text,
      content: { inline: new Uint8Array(1) },
      token: new Uint8Array(16).fill(9),
    };
    await subject.storage.deposit({ ...deposit, to: last });
    await subject.storage.unregister(last);
    await removeAll(subject);
    const bob = await subject.register("bob");
    await assertRefused(subject.storage.deposit({ ...deposit, to: bob }), "token-reused");
    assertEquals(await subject.waiting(bob), []);
  });
}

/** The part of the storage contract that is about how much is stored. */
import {
  FILE_OVERHEAD,
  MESSAGE_OVERHEAD,
  RECEIVER_OVERHEAD,
} from "../../server/storage/storage_options.ts";
import { assertEquals } from "../support/assert.ts";
import { assertRefused, contractTest, type Engine, idOf } from "./storage_contract.ts";

const [one, two] = ["file one", "file two"].map(idOf);

export function usageContract(engine: Engine): void {
  contractTest(engine, "what is stored is counted as it comes and goes", async (subject) => {
    const none = { messages: 0, messageBytes: 0, files: 0, fileBytes: 0, charged: 0 };
    assertEquals(await subject.storage.stats(), { clients: 0, ...none });
    const [alice, bob] = [await subject.register("alice"), await subject.register("bob")];
    await subject.send(alice, "12345");
    await subject.send(bob, { blob: "b1", size: 1000 });
    await subject.send(alice, "");
    const { files } = subject.storage;
    for (const id of [one, two]) await files.open(id, alice, 50);
    await files.share(one, [bob]);
    const full = await subject.storage.stats();
    const messages = { clients: 2, messages: 3, messageBytes: 1005, files: 2 };
    assertEquals({ ...full, fileBytes: 0, charged: 0 }, { ...none, ...messages });
    const filesCharged = 2 * FILE_OVERHEAD + full.fileBytes + RECEIVER_OVERHEAD;
    assertEquals(full.charged, 3 * MESSAGE_OVERHEAD + 1005 + filesCharged);
    await subject.reopen();
    assertEquals(await subject.storage.stats(), full);

    const { storage } = subject;
    await storage.acknowledge(alice, [1, 1, 7]);
    await storage.leases.remove(await subject.lease(bob));
    await storage.files.release(one, bob);
    await storage.files.remove(two);
    const last = { messages: 1, charged: MESSAGE_OVERHEAD };
    assertEquals(await storage.stats(), { clients: 2, ...none, ...last });
    await storage.close();
    await assertRefused(storage.stats(), "closed");
  });

  contractTest(engine, "a probe changes nothing, and fails as changes do", async (subject) => {
    const { storage } = subject;
    await subject.send(await subject.register("alice"), "text");
    const before = await storage.stats();
    await storage.probe();
    assertEquals(await storage.stats(), before);
    await storage.close();
    await assertRefused(storage.probe(), "closed");
  });
}

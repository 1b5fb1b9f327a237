/** The part of the storage contract that is about pages of messages with their contents. */
import { type Bytes, fromUtf8 } from "../../shared/bytes.ts";
import { MESSAGE_HEAD_SIZE } from "../../shared/protocol/message.ts";
import type { Room } from "../../server/storage/messages.ts";
import { assertEquals } from "../support/assert.ts";
import {
  assertRefused,
  contractTest,
  type Engine,
  idOf,
  type Subject,
} from "./storage_contract.ts";

const HEAD = MESSAGE_HEAD_SIZE;

/** The ID and the content, or blob, of each message of a page. */
async function page({ storage }: Subject, mailbox: Bytes, after: number, room: Partial<Room>) {
  const messages = await storage.page(mailbox, after, { count: 99, size: 9999, ...room });
  return messages.map((message) => [
    message.messageId,
    "blob" in message ? message.blob : fromUtf8(message.inline),
  ]);
}

export function pageContract(engine: Engine): void {
  contractTest(engine, "a page has contents, or the names of blobs", async (subject) => {
    const alice = await subject.register("alice");
    await subject.send(alice, "one");
    await subject.send(alice, { blob: "b2", size: 70_000 });
    await subject.send(alice, "");
    const all = [[1, "one"], [2, "b2"], [3, ""]];
    assertEquals(await page(subject, alice, 0, {}), all);
    assertEquals(await page(subject, alice, 2, {}), all.slice(2));
    assertEquals(await page(subject, alice, 3, {}), []);
    await subject.reopen();
    assertEquals(await page(subject, alice, 0, {}), all);
    const [first, second] = await subject.storage.page(alice, 0, { count: 2, size: 9999 });
    assertEquals([first.size, second.size, first.from], [3, 70_000, idOf("somebody")]);
    await assertRefused(page(subject, idOf("nobody"), 0, {}), "unknown-client");
  });

  contractTest(engine, "a page is bounded by count and by size", async (subject) => {
    const alice = await subject.register("alice");
    for (const text of ["1", "22", "333", "", "4444"]) await subject.send(alice, text);
    const ids = async (room: Partial<Room>, after = 0) =>
      (await page(subject, alice, after, room)).map(([id]) => id);
    assertEquals(await ids({ count: 2 }), [1, 2]);
    assertEquals(await ids({ size: 2 * HEAD + 3 }), [1, 2]);
    assertEquals(await ids({ size: 2 * HEAD + 2 }), [1]);
    assertEquals(await ids({ size: 3 * HEAD + 5 }), [1, 2]); // the small one behind waits as well
    assertEquals(await ids({ size: 5 * HEAD + 10 }), [1, 2, 3, 4, 5]);
    assertEquals(await ids({ size: 0 }), [1]); // the first one always
    assertEquals(await ids({ size: 0 }, 2), [3]);
    assertEquals(await ids({ count: 0 }), []);
  });

  contractTest(engine, "blobs take no room of a page, but of heads", async (subject) => {
    const alice = await subject.register("alice");
    for (const blob of ["b1", "b2", "b3"]) await subject.send(alice, { blob, size: 5000 });
    await subject.send(alice, "four");
    const room = { count: 9, size: 4 * HEAD + 4 };
    assertEquals((await page(subject, alice, 0, room)).map(([id]) => id), [1, 2, 3, 4]);
    const heads = async (size: number) =>
      (await subject.storage.heads(alice, 0, { count: 9, size })).map(({ messageId }) => messageId);
    assertEquals(await heads(4 * HEAD + 4), []);
    assertEquals(await heads(2 * (HEAD + 5000)), [1, 2]);
    assertEquals(await heads(2 * (HEAD + 5000) - 1), [1]);
  });

  contractTest(engine, "pages pass over what is gone", async (subject) => {
    const alice = await subject.register("alice");
    for (const text of ["one", "two", "three"]) await subject.send(alice, text);
    await subject.storage.acknowledge(alice, [2]);
    assertEquals(await page(subject, alice, 0, {}), [[1, "one"], [3, "three"]]);
    assertEquals(await page(subject, alice, 1, { count: 1 }), [[3, "three"]]);
  });
}

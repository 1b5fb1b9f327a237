import {
  Envelopes,
  MAX_KNOWN,
  type NewEnvelope,
} from "../../../../client/profile/tables/envelopes.ts";
import { utf8 } from "../../../../shared/bytes.ts";
import { MessageType } from "../../../../shared/protocol/codes.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { emptyTables, idOf, testVault } from "../../../support/profile/database.ts";

const ALICE = idOf(1);
const BOB = idOf(2);

function envelope(number: number, more: Partial<NewEnvelope> = {}): NewEnvelope {
  const content = utf8(`content ${more.messageId ?? number}`);
  const head = { messageId: number, from: ALICE, type: MessageType.text, size: content.length };
  return { ...head, number, tail: content, content, ...more };
}

/** The numbers of the messages that wait. */
function waiting(envelopes: Envelopes): number[] {
  const numbers: number[] = [];
  for (let next; (next = envelopes.nextWaiting(numbers.at(-1) ?? 0));) numbers.push(next.number);
  return numbers;
}

Deno.test("envelopes: come back in the order of arrival, as they came", () => {
  const envelopes = new Envelopes(emptyTables(), testVault(), "folder");
  assertEquals(envelopes.nextWaiting(0), undefined);
  // Message IDs are the server's, and say nothing of the order.
  const kept = [envelope(1, { messageId: 9 }), envelope(2, { messageId: 0xffff_ffff })];
  envelopes.put(kept);
  envelopes.put([envelope(3, { messageId: 0, content: null, type: MessageType.file })]);
  for (const { tail: _, ...expected } of kept) {
    assertEquals({ ...envelopes.nextWaiting(expected.number - 1) }, expected);
  }
  assertEquals(envelopes.nextWaiting(2)?.content, null);
  assertEquals(waiting(envelopes), [1, 2, 3]);
});

Deno.test("envelopes: numbers go on where they ended", () => {
  const envelopes = new Envelopes(emptyTables(), testVault(), "folder");
  assertEquals(envelopes.takeNumber(), 1);
  envelopes.put([envelope(1), envelope(2)]);
  envelopes.markDone(2);
  assertEquals(envelopes.takeNumber(), 3);
  assertEquals(envelopes.path(3), "folder/3");
});

Deno.test("envelopes: a message is known by all that is known of it, also when it is done", () => {
  const envelopes = new Envelopes(emptyTables(), testVault(), "folder");
  const first = envelope(1);
  assert(!envelopes.known(first));
  envelopes.put([first]);
  assert(envelopes.known(first));
  envelopes.markDone(1);
  assert(envelopes.known(first));
  for (
    const other of [
      { messageId: 2 },
      { from: BOB },
      { type: MessageType.file },
      { size: first.size + 1 },
      { tail: utf8("other") },
    ]
  ) assert(!envelopes.known({ ...first, ...other }), JSON.stringify(other));
});

Deno.test("envelopes: what is put twice stays as it was", () => {
  const envelopes = new Envelopes(emptyTables(), testVault(), "folder");
  envelopes.put([envelope(1), envelope(2, { messageId: 1 }), envelope(3)]);
  assertEquals(waiting(envelopes), [1, 3]);
  envelopes.markDone(1);
  envelopes.put([envelope(4, { messageId: 1 })]);
  assertEquals(waiting(envelopes), [3]);
});

Deno.test("envelopes: unreadable ones wait again when their sender is tried again", () => {
  const envelopes = new Envelopes(emptyTables(), testVault(), "folder");
  envelopes.put([envelope(1), envelope(2, { from: BOB }), envelope(3), envelope(4)]);
  for (const number of [1, 2, 3]) envelopes.markUnreadable(number);
  envelopes.markDone(4);
  assertEquals(waiting(envelopes), []);
  assertEquals(envelopes.retryUnreadable(ALICE), 2);
  assertEquals(envelopes.retryUnreadable(ALICE), 0);
  assertEquals(waiting(envelopes), [1, 3]);
});

Deno.test("envelopes: of a message that is done only its end is kept", () => {
  const database = emptyTables();
  const envelopes = new Envelopes(database, testVault(), "folder");
  const secret = "a secret that is longer than the end of it";
  envelopes.put([envelope(1, { content: utf8(secret), tail: utf8(secret.slice(-16)) })]);
  envelopes.markDone(1);
  const rows = database.prepare("SELECT content, state FROM envelopes").all();
  assertEquals(rows.map((row) => ({ ...row })), [{ content: null, state: "done" }]);
});

Deno.test("envelopes: the files in use are those of messages that are not done", () => {
  const envelopes = new Envelopes(emptyTables(), testVault(), "folder");
  const inFile = { content: null, type: MessageType.file };
  envelopes.put([1, 2, 3].map((number) => envelope(number, inFile)));
  envelopes.put([envelope(4)]);
  envelopes.markUnreadable(1);
  envelopes.markDone(2);
  assertEquals(envelopes.files(), new Set(["1", "3"]));
});

Deno.test("envelopes: of those that are done only the last 100,000 are known", () => {
  const envelopes = new Envelopes(emptyTables(), testVault(), "folder");
  const numbers = [1, 2, 3, 4, MAX_KNOWN + 3];
  envelopes.put(numbers.map((number) => envelope(number)));
  for (const number of [1, 3, 4]) envelopes.markDone(number);
  envelopes.forgetOld();
  assertEquals(numbers.filter((number) => envelopes.known(envelope(number))), [
    2,
    4,
    MAX_KNOWN + 3,
  ]);
  assertEquals(waiting(envelopes), [2, MAX_KNOWN + 3]);
});

import { Outbox, type OutboxItem } from "../../../../client/profile/tables/outbox.ts";
import { utf8 } from "../../../../shared/bytes.ts";
import { TOKEN_SIZE } from "../../../../shared/limits.ts";
import { MessageType } from "../../../../shared/protocol/codes.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { emptyTables, idOf } from "../../../support/profile/database.ts";
import { randomBytes, vaultOf } from "../../../support/profile/vault_of.ts";

function item(text: string): Omit<OutboxItem, "number"> {
  const token = randomBytes(TOKEN_SIZE);
  return { to: idOf(1), type: MessageType.text, token, content: utf8(text), history: null };
}

function newOutbox(): Outbox {
  return new Outbox(emptyTables(), vaultOf(1));
}

Deno.test("outbox: items come in their order, as they were put", () => {
  const outbox = newOutbox();
  assertEquals(outbox.first(), []);
  const items = [item("one"), { ...item("two"), history: 7 }, item("")];
  const kept = items.map((each) => ({ number: outbox.put(each), ...each }));
  assertEquals(outbox.first(), kept);
  assertEquals(outbox.first(0, 2), kept.slice(0, 2));
  assertEquals(outbox.first(kept[0].number, 1), kept.slice(1, 2));
  assertEquals(outbox.first(kept[2].number), []);
});

Deno.test("outbox: what was removed is gone, and the rest stays in order", () => {
  const outbox = newOutbox();
  const [first, second, third] = ["one", "two", "three"].map((text) => outbox.put(item(text)));
  outbox.remove(second);
  outbox.remove(second);
  assertEquals(outbox.first().map(({ number }) => number), [first, third]);
});

Deno.test("outbox: what is put when it was empty is behind all that was seen", () => {
  const database = emptyTables();
  new Outbox(database, vaultOf(1)).put(item("from an earlier run"));
  const outbox = new Outbox(database, vaultOf(1));
  const [{ number }] = outbox.first();
  outbox.remove(number);
  const next = outbox.put(item("next"));
  assert(next > number);
  outbox.remove(next);
  assert(outbox.put(item("the one behind")) > next);
});

Deno.test("outbox: what is sent together is what is there, put in this run or before", () => {
  const database = emptyTables();
  const before = new Outbox(database, vaultOf(1)).put(item("from an earlier run"));
  const outbox = new Outbox(database, vaultOf(1));
  const numbers = [before, ...["one", "two", "three"].map((text) => outbox.put(item(text)))];
  const wait = { since: 1, until: 2, reason: "full" };
  outbox.setWait(numbers[1], wait);
  outbox.setContent(numbers[2], utf8("sealed"));
  assertEquals(outbox.batch(0), outbox.first());
  assertEquals(outbox.batch(0)[1].wait, wait);
  assertEquals(outbox.batch(numbers[1]).map(({ content }) => content), [
    utf8("sealed"),
    utf8("three"),
  ]);
  outbox.remove(numbers[3]);
  assertEquals(outbox.batch(0).map(({ number }) => number), numbers.slice(0, 3));
  // What a transaction undoes is not there.
  try {
    database.transaction(() => {
      outbox.put(item("undone"));
      throw new RangeError();
    }).immediate();
  } catch (error) {
    assert(error instanceof RangeError);
  }
  assertEquals(outbox.batch(numbers[2]), []);
});

Deno.test("outbox: what is sent together is bounded, by count and by size", () => {
  const outbox = newOutbox();
  for (let i = 0; i < 300; i++) outbox.put(item(`${i}`));
  assertEquals(outbox.batch(0).length, 256);
  for (let i = 0; i < 3; i++) outbox.put({ ...item(""), content: new Uint8Array(3 << 20) });
  assertEquals([outbox.batch(300).length, outbox.batch(302).length], [2, 1]);
});

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

import { MAX_OPENED, OPENED, OpenedEnvelopes } from "../../../../client/profile/tables/opened.ts";
import { copyTable } from "../../../../client/profile/sealing/sealed_table.ts";
import { utf8 } from "../../../../shared/bytes.ts";
import { MessageType } from "../../../../shared/protocol/codes.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { emptyTables, idOf } from "../../../support/profile/database.ts";
import { vaultOf } from "../../../support/profile/vault_of.ts";

const [ALICE, BOB] = [idOf(1), idOf(2)];
const { text, file } = MessageType;

Deno.test("opened: an envelope is known by all its bytes, its type and its sender", () => {
  const opened = new OpenedEnvelopes(emptyTables(), vaultOf(1));
  const tag = opened.tagOf(ALICE, text, utf8("envelope"));
  assertEquals(tag.length, 16);
  assert(!opened.has(tag));
  opened.add(tag);
  assert(opened.has(opened.tagOf(ALICE, text, utf8("envelope"))));
  for (
    const other of [
      opened.tagOf(BOB, text, utf8("envelope")),
      opened.tagOf(ALICE, file, utf8("envelope")),
      opened.tagOf(ALICE, text, utf8("envelopf")),
      opened.tagOf(ALICE, text, utf8("Envelope")),
      opened.tagOf(ALICE, text, utf8("envelope.")),
    ]
  ) assert(!opened.has(other));
});

Deno.test("opened: they are known under another key of the profile", () => {
  const [from, to] = [emptyTables(), emptyTables()];
  const [first, second] = [vaultOf(1), vaultOf(2, vaultOf(1))];
  const before = new OpenedEnvelopes(from, first);
  before.add(before.tagOf(ALICE, text, utf8("envelope")));
  copyTable({ database: from, vault: first }, { database: to, vault: second }, OPENED);
  const after = new OpenedEnvelopes(to, second);
  assert(after.has(after.tagOf(ALICE, text, utf8("envelope"))));
});

Deno.test("opened: the last 100,000 are kept, and each new one costs at most one old one", () => {
  const database = emptyTables();
  const opened = new OpenedEnvelopes(database, vaultOf(1));
  const tagOf = (n: number) => new Uint8Array(new BigUint64Array([BigInt(n), 0n]).buffer);
  database.transaction(() => {
    for (let n = 0; n < MAX_OPENED; n++) opened.add(tagOf(n));
  })();
  assert(opened.has(tagOf(0)));
  opened.add(tagOf(MAX_OPENED));
  assert(!opened.has(tagOf(0)));
  assert(opened.has(tagOf(1)) && opened.has(tagOf(MAX_OPENED)));
  const count = database.prepare("SELECT count(*) FROM opened").value<[number]>()?.[0];
  assertEquals(count, MAX_OPENED);
  // SQLite finds those that are too old by their number, and looks at no other.
  const plan = database.prepare("EXPLAIN QUERY PLAN DELETE FROM opened WHERE number <= ?")
    .all<{ detail: string }>(1);
  assertEquals(plan.map(({ detail }) => detail), [
    "SEARCH opened USING INTEGER PRIMARY KEY (rowid<?)",
  ]);
});

/** What holds for all tables in which the client keeps its conversations. */
import { Database } from "@db/sqlite";
import { ClientError } from "../../../../client/errors.ts";
import { HISTORY, History } from "../../../../client/profile/tables/history.ts";
import { COPY_MARKS, CopyMarks } from "../../../../client/profile/tables/copy_marks.ts";
import { OUTBOX, Outbox } from "../../../../client/profile/tables/outbox.ts";
import { AGREED, PREKEYS, PrekeyStore } from "../../../../client/profile/tables/prekey_store.ts";
import { REPAIRS, Repairs } from "../../../../client/profile/tables/repairs.ts";
import { prepareDatabase } from "../../../../client/profile/migrations.ts";
import { SESSIONS, SessionStore } from "../../../../client/profile/tables/session_store.ts";
import { copyTable } from "../../../../client/profile/sealing/sealed_table.ts";
import { TRANSFERS, Transfers } from "../../../../client/profile/tables/transfers.ts";
import type { Vault } from "../../../../client/profile/sealing/vault.ts";
import { type Bytes, utf8 } from "../../../../shared/bytes.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";
import { tempFolder } from "../../../support/temp_folder.ts";
import { emptyTables } from "../../../support/profile/database.ts";
import { vaultOf } from "../../../support/profile/vault_of.ts";

const SEALED = [SESSIONS, PREKEYS, OUTBOX, HISTORY, REPAIRS, COPY_MARKS, TRANSFERS] as const;
/** A value for each place that holds some, so that it can be searched for. */
const bytes = (text: string): Bytes => utf8(text.padEnd(16, "."));
const ALICE = bytes("id of alice");
const BOB = bytes("id of bob");
const MARKERS = [
  "id of alice",
  "id of bob",
  "secret",
  "words",
  "letter",
  "/home",
  "token.",
  "content.",
  "content id",
  "base.",
];

function storesOf(database: Database, vault: Vault) {
  return {
    sessions: new SessionStore(database, vault),
    prekeys: new PrekeyStore(database, vault),
    outbox: new Outbox(database, vault),
    history: new History(database, vault),
    repairs: new Repairs(database, vault),
    marks: new CopyMarks(database, vault),
    transfers: new Transfers(database, vault),
  };
}

type Stores = ReturnType<typeof storesOf>;

/** Two rows for each table that has them. */
function fill({ sessions, prekeys, outbox, history, repairs, marks, transfers }: Stores): void {
  const at = { at: 1, stored: 2 };
  const body = { file: { name: "letter.txt", size: 5, path: "/home" } };
  for (const peer of [ALICE, BOB]) {
    sessions.insert(peer, bytes("secret state"));
    const received = { peer, ...at, contentId: bytes("content id"), messageId: 4 };
    history.addReceived({ ...received, body: { text: "words" } });
    const number = history.addSent({ peer, ...at, contentId: bytes("content id"), body });
    history.markSent(number, 5);
    const content = bytes("content");
    outbox.put({ to: peer, type: 3, token: bytes("token"), content, history: number });
    repairs.accept(peer, 7, 1);
    repairs.want(peer, [8]);
    const file = { ...body.file, blob: bytes("content id"), key: bytes("secret key") };
    transfers.add({ direction: "up", peer, ...file, started: 1 });
  }
  prekeys.add([
    { id: 1, kind: 1, secret: bytes("secret key") },
    { id: 2, kind: 4, secret: bytes("secret seed") },
  ], 3);
  prekeys.rememberAgreed(bytes("base"), 1);
  marks.next(() => bytes("secret mark"));
}

/** Everything that the stores say. */
function seen({ sessions, prekeys, outbox, history, repairs, marks, transfers }: Stores) {
  return {
    sessions: [ALICE, BOB].map((peer) => sessions.load(peer)),
    prekeys: [prekeys.after(0), prekeys.largestId(), prekeys.isAgreed(bytes("base"))],
    current: { ...prekeys.current(1) },
    outbox: outbox.first(),
    history: [ALICE, BOB].map((peer) => [...history.list(peer)]),
    sent: [ALICE, BOB].map((peer) => history.sentAs(peer, 5)),
    unshown: history.unshown(9),
    repairs: [ALICE, BOB].map((peer) => repairs.get(peer)),
    wanting: repairs.peersWanting(),
    marks: [marks.current(), marks.isFresh(bytes("secret mark")), marks.evidence, marks.renewing],
    transfers: transfers.all(),
  };
}

Deno.test("sealed stores: a transaction that is rolled back leaves everything as it was", () => {
  const database = emptyTables();
  const stores = storesOf(database, vaultOf(1));
  fill(stores);
  const before = seen(stores);
  assertThrows(
    () =>
      database.transaction(() => {
        const { sessions, prekeys, outbox, history, repairs, marks, transfers } = stores;
        sessions.update(1, ALICE, bytes("another state"));
        sessions.touch(2);
        sessions.clear();
        prekeys.add([{ id: 9, kind: 1, secret: bytes("another key") }], 9);
        prekeys.purge(10, { reused: 0, oneTime: 0 });
        prekeys.removeOneTime();
        for (const { number } of outbox.first()) outbox.remove(number);
        history.markFailed(2);
        for (const { number } of history.unshown(9)) history.markShown(number);
        history.forget(BOB);
        repairs.asked(ALICE, 1, 1, [8]);
        repairs.accept(BOB, 9, 1);
        transfers.change(1, { state: "done" });
        transfers.forget(ALICE);
        marks.settle();
        throw new RangeError("the disk is full");
      }).immediate(),
    RangeError,
  );
  assertEquals(seen(stores), before);
});

type Sealed = { key: number | Bytes; sealed: Bytes };

/** What may become of the sealed columns of a table. */
const CHANGES: Record<string, (sealed: Bytes[], foreign: Bytes) => Bytes[]> = {
  swapped: ([first, ...others]) => [...others, first],
  first: (all) => all.map((sealed) => sealed.with(0, sealed[0] ^ 1)),
  last: (all) => all.map((sealed) => sealed.with(-1, sealed.at(-1)! ^ 0x80)),
  cut: (all) => all.map((sealed) => sealed.slice(0, -1)),
  short: (all) => all.map((sealed) => sealed.slice(0, 11)),
  empty: (all) => all.map(() => new Uint8Array(0)),
  foreign: (all, foreign) => all.map(() => foreign),
};

Deno.test("sealed stores: rows that were swapped, changed or cut off are refused", () => {
  for (const { name, key } of SEALED) {
    for (const [label, change] of Object.entries(CHANGES)) {
      if (name === COPY_MARKS.name && label === "swapped") continue; // there is but one
      const database = emptyTables();
      const vault = vaultOf(1);
      const stores = storesOf(database, vault);
      fill(stores);
      const rows = database.prepare(`SELECT ${key} AS key, sealed FROM ${name}`).all<Sealed>();
      const foreign = vault.sealRow("another table 1", { peer: ALICE });
      const changed = change(rows.map(({ sealed }) => sealed), foreign);
      const update = database.prepare(`UPDATE ${name} SET sealed = ? WHERE ${key} = ?`);
      rows.forEach((row, i) => update.run(changed[i], row.key));
      const error = assertThrows(() => seen(stores), ClientError, "the profile is damaged");
      assertEquals(error.code, "bad-profile", `${name} ${label}`);
    }
  }
});

Deno.test("sealed stores: under another key nothing can be read", () => {
  const database = emptyTables();
  fill(storesOf(database, vaultOf(1)));
  const { sessions, history, outbox, prekeys, marks, repairs } = storesOf(database, vaultOf(2));
  assertEquals([...sessions.load(ALICE), ...history.list(ALICE)], []);
  assert(!prekeys.isAgreed(bytes("base")));
  for (
    const read of [
      () => outbox.first(),
      () => history.unshown(1),
      () => prekeys.after(0),
      () => prekeys.largestId(),
      () => marks.current(),
      () => repairs.peersWanting(),
    ]
  ) assertThrows(read, ClientError);
});

Deno.test("sealed stores: all of it moves to another key, what was forgotten included", () => {
  const [from, to] = [1, 2].map(() => emptyTables());
  const [first, second] = [vaultOf(1), vaultOf(2, vaultOf(1))];
  const before = storesOf(from, first);
  fill(before);
  const forgotten = { peer: bytes("carol"), at: 1, stored: 1, contentId: bytes("7"), messageId: 1 };
  before.history.addReceived({ ...forgotten, body: { text: "forgotten" } });
  before.history.forget(forgotten.peer);
  for (const table of [...SEALED, AGREED]) {
    copyTable({ database: from, vault: first }, { database: to, vault: second }, table);
  }
  const after = storesOf(to, second);
  assertEquals(seen(after), seen(before));
  assertEquals(after.history.addReceived({ ...forgotten, body: { text: "again" } }), undefined);
  assertEquals([...after.history.list(forgotten.peer)], []);
});

Deno.test("sealed stores: a long table moves with few statements, which take memory", () => {
  const [from, to] = [emptyTables(), emptyTables()];
  const [vault, next] = [vaultOf(1), vaultOf(2)];
  const history = new History(from, vault);
  for (let i = 0; i < 50; i++) {
    const contentId = i % 2 ? bytes(`${i}`) : null;
    const entry = { peer: BOB, at: 1, stored: 2, contentId, body: { text: "words" } };
    if (i % 3) history.addReceived({ ...entry, messageId: i });
    else history.markSent(history.addSent(entry), i);
  }
  let prepared = 0;
  const counting = new Proxy(to, {
    get(database, name) {
      if (name === "prepare") prepared++;
      const value = Reflect.get(database, name, database);
      return typeof value === "function" ? value.bind(database) : value;
    },
  });
  copyTable({ database: from, vault }, { database: counting, vault: next }, HISTORY);
  assertEquals([...new History(to, next).list(BOB)], [...history.list(BOB)]);
  assertEquals(prepared, 1);
});

Deno.test("sealed stores: nothing of the values is in the file or its log", async () => {
  await using temp = await tempFolder();
  const path = `${temp.path}/profile.db`;
  const database = new Database(path);
  try {
    prepareDatabase(database);
    const stores = storesOf(database, vaultOf(1));
    fill(stores);
    const searchFiles = () => {
      let size = 0;
      for (const { name } of Deno.readDirSync(temp.path)) {
        const text = new TextDecoder("latin1").decode(Deno.readFileSync(`${temp.path}/${name}`));
        size += text.length;
        for (const marker of MARKERS) assert(!text.includes(marker), `${name}: ${marker}`);
      }
      assert(size > 4096);
    };
    searchFiles();
    stores.history.forget(ALICE);
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    searchFiles();
  } finally {
    database.close();
  }
});

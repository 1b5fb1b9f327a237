import { prepareDatabase } from "../../../../client/profile/migrations.ts";
import { Transfers } from "../../../../client/profile/tables/transfers.ts";
import { Database } from "@db/sqlite";
import { utf8 } from "../../../../shared/bytes.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { tempFolder } from "../../../support/temp_folder.ts";
import { emptyTables, idOf } from "../../../support/profile/database.ts";
import { vaultOf } from "../../../support/profile/vault_of.ts";

const NEW = {
  direction: "up" as const,
  peer: idOf(1),
  blob: utf8("name of the blob"),
  key: utf8("secret key of 32 bytes, as it is"),
  name: "letter.txt",
  size: 5,
  path: "/home/letter.txt",
  changed: 3,
  started: 4,
};

Deno.test("transfers: are kept with all that is known of them, under numbers that grow", () => {
  const transfers = new Transfers(emptyTables(), vaultOf(1));
  assertEquals(transfers.add(NEW), 1);
  assertEquals(transfers.add({ ...NEW, direction: "down", path: null, history: 7 }), 2);
  const kept = {
    ...{ chunks: 0, draft: null, ended: null, reason: null, spooled: false, settled: false },
    classic: false,
  };
  assertEquals(transfers.get(1), { ...NEW, ...kept, number: 1, state: "active", history: null });
  assertEquals(transfers.ofHistory(7)?.number, 2);
  assertEquals(transfers.ofHistory(7)?.state, "waiting");
  assertEquals([transfers.get(3), transfers.ofHistory(8)], [undefined, undefined]);
  transfers.change(1, { chunks: 9, state: "done" });
  transfers.change(3, { chunks: 9 });
  assertEquals([transfers.get(1)?.chunks, transfers.get(1)?.name], [9, "letter.txt"]);
  transfers.change(2, { settled: true, state: "done" });
  assertEquals(transfers.open().map(({ number }) => number), [1]);
  assertEquals(transfers.all().map(({ number }) => number), [1, 2]);
  assertEquals(transfers.active(), []);
  assertEquals(transfers.get(transfers.add({ ...NEW, classic: true }))?.classic, true);
  assertEquals(transfers.active(), [3]);
});

Deno.test("transfers: forgetting a client forgets its ended ones; numbers never repeat", () => {
  const transfers = new Transfers(emptyTables(), vaultOf(1));
  for (const peer of [idOf(1), idOf(2), idOf(1), idOf(1)]) transfers.add({ ...NEW, peer });
  for (const number of [1, 2, 4]) transfers.change(number, { state: "done" });
  transfers.forget(idOf(1));
  assertEquals(transfers.all().filter(({ peer }) => peer.length > 0).map(({ number }) => number), [
    2,
    3,
  ]);
  assertEquals(transfers.get(4)?.key.length, 0);
  assertEquals(transfers.add(NEW), 5);
});

Deno.test("transfers: nothing of them can be read in the file", async () => {
  await using folder = await tempFolder();
  const path = `${folder.path}/profile.db`;
  const database = new Database(path, { int64: true });
  prepareDatabase(database);
  const transfers = new Transfers(database, vaultOf(1));
  transfers.change(transfers.add(NEW), { reason: "a reason" });
  database.close();
  const text = new TextDecoder("latin1").decode(await Deno.readFile(path));
  for (const marker of ["letter", "secret", "name of", "/home", "a reason"]) {
    assert(!text.includes(marker), marker);
  }
});

Deno.test("transfers: uploads are found by their file, or by the name of a copy", () => {
  const transfers = new Transfers(emptyTables(), vaultOf(1));
  const numbers = (source: string, spooled: boolean) =>
    transfers.uploadsOf(source, { spooled }).map(({ number }) => number);
  transfers.add(NEW);
  transfers.add({ ...NEW, direction: "down" });
  assertEquals(numbers(NEW.path, false), [1]);
  transfers.add({ ...NEW, spooled: true, path: "/outgoing/1" });
  transfers.add(NEW);
  assertEquals([numbers(NEW.path, false), numbers(NEW.name, true)], [[1, 4], [3]]);
  assertEquals([numbers(NEW.path, true), numbers("/outgoing/1", true)], [[], []]);
  transfers.change(1, { state: "done", settled: true });
  transfers.erase(3);
  assertEquals([numbers(NEW.path, false), numbers(NEW.name, true)], [[4], []]);
});

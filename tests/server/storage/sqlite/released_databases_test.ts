import { Database } from "@db/sqlite";
import { prepareDatabase } from "../../../../server/storage/sqlite/migrations.ts";
import { assertEquals, assertThrows } from "../../../support/assert.ts";
import {
  copyServer,
  RELEASES,
  rowsOf,
  withServerDatabase,
} from "../../../support/server/released_servers.ts";
import { tempFolder } from "../../../support/temp_folder.ts";

const version = (database: Database) => database.prepare("PRAGMA user_version").value()?.[0];

Deno.test("released databases: every release is there", () => {
  assertEquals(RELEASES, ["0.1.0", "0.2.0", "0.3.0", "0.4.0"]);
});

for (const release of RELEASES) {
  Deno.test(`released databases: ${release} is brought up to date, with all its rows`, async () => {
    await using temp = await tempFolder();
    const data = `${temp.path}/data`;
    copyServer(release, data);
    const before = rowsOf(data);
    withServerDatabase(data, prepareDatabase);
    const after = rowsOf(data);
    for (const [table, rows] of Object.entries(before)) assertEquals(after[table], rows, table);
    withServerDatabase(data, (database) => {
      assertEquals(database.prepare("PRAGMA foreign_key_check").all(), []);
      assertEquals(database.prepare("PRAGMA integrity_check").value(), ["ok"]);
    });
  });
}

Deno.test("released databases: a step that fails leaves the database as it was", async () => {
  await using temp = await tempFolder();
  const data = `${temp.path}/data`;
  copyServer("0.1.0", data);
  const before = rowsOf(data);
  withServerDatabase(data, (database) => {
    database.exec("CREATE TABLE prekeys (in_the_way INTEGER)"); // the step after the next fails
    assertThrows(() => prepareDatabase(database), Error, "already exists");
    database.exec("DROP TABLE prekeys");
    assertEquals(version(database), 1);
  });
  assertEquals(rowsOf(data), before);
  withServerDatabase(data, prepareDatabase);
  assertEquals(rowsOf(data).clients, before.clients);
});

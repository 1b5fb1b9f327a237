import { Database } from "@db/sqlite";
import { prepareDatabase } from "../../../../server/storage/sqlite/migrations.ts";
import { StorageError } from "../../../../shared/errors.ts";
import { assertEquals, assertThrows } from "../../../support/assert.ts";

function schemaTest(name: string, test: (path: string) => void): void {
  Deno.test(`schema: ${name}`, () => {
    const folder = Deno.makeTempDirSync({ prefix: "schema_" });
    try {
      test(`${folder}/server.db`);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  });
}

/** Opens the database at `path` for as long as `use` takes. */
function withDatabase<T>(path: string, use: (database: Database) => T): T {
  const database = new Database(path);
  try {
    return use(database);
  } finally {
    database.close();
  }
}

function tablesOf(database: Database): unknown[] {
  return database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all()
    .map(({ name }) => name);
}

const TABLES = [
  "clients",
  "file_receivers",
  "file_usage",
  "files",
  "messages",
  "prekeys",
  "tokens",
];

schemaTest("a new database gets its tables, and keeps them", (path) => {
  for (let run = 0; run < 2; run++) {
    withDatabase(path, (database) => {
      prepareDatabase(database);
      assertEquals(tablesOf(database), TABLES);
      database.exec(
        "INSERT INTO clients (id, name, public_key, registered_at) VALUES (?, ?, x'00', 1)",
        new Uint8Array([run]),
        `client ${run}`,
      );
      assertEquals(database.prepare("SELECT count(*) FROM clients").value()?.[0], run + 1);
    });
  }
});

schemaTest("a database from before prekeys keeps what it holds", (path) => {
  withDatabase(path, (database) => {
    prepareDatabase(database);
    for (const table of ["prekeys", "file_receivers", "file_usage", "files"]) {
      database.exec(`DROP TABLE ${table}`);
    }
    for (const column of ["last_prekey", "mark"]) {
      database.exec(`ALTER TABLE clients DROP COLUMN ${column}`);
    }
    database.exec(
      "INSERT INTO clients (id, name, public_key, registered_at) VALUES (x'01', 'a', x'00', 1)",
    );
    database.exec("PRAGMA user_version = 2");
  });
  withDatabase(path, (database) => {
    prepareDatabase(database);
    assertEquals(tablesOf(database), TABLES);
    const row = database.prepare("SELECT name, last_prekey, mark FROM clients").get();
    assertEquals({ ...row }, { name: "a", last_prekey: 0, mark: new Uint8Array(16) });
  });
});

schemaTest("a commit is on the disk: write-ahead log, synchronous", (path) => {
  withDatabase(path, (database) => {
    prepareDatabase(database);
    assertEquals(database.prepare("PRAGMA journal_mode").value()?.[0], "wal");
    assertEquals(database.prepare("PRAGMA synchronous").value()?.[0], 2); // FULL
    assertEquals(database.prepare("PRAGMA foreign_keys").value()?.[0], 1);
  });
});

schemaTest("the database of another program is refused and left alone", (path) => {
  withDatabase(path, (database) => database.exec("CREATE TABLE addresses (name TEXT)"));
  withDatabase(path, (database) => {
    assertThrows(() => prepareDatabase(database), StorageError, "not one of this server");
    assertEquals(tablesOf(database), ["addresses"]);
    assertEquals(database.prepare("PRAGMA journal_mode").value()?.[0], "delete");
  });
});

schemaTest("the database of a newer version is refused", (path) => {
  withDatabase(path, (database) => {
    prepareDatabase(database);
    database.exec("PRAGMA user_version = 1000");
  });
  withDatabase(path, (database) => {
    assertThrows(() => prepareDatabase(database), StorageError, "newer version");
    assertEquals(database.prepare("PRAGMA user_version").value()?.[0], 1000);
  });
});

schemaTest("what is no database is refused", (path) => {
  Deno.writeTextFileSync(path, "not a database, but long enough to be one\n".repeat(100));
  assertThrows(() => withDatabase(path, prepareDatabase), Error);
});

import { Database } from "@db/sqlite";
import { prepareDatabase, STEPS } from "../../../../server/storage/sqlite/migrations.ts";
import {
  FILE_OVERHEAD,
  MESSAGE_OVERHEAD,
  RECEIVER_OVERHEAD,
  TOKEN_OVERHEAD,
} from "../../../../server/storage/storage_options.ts";
import { StorageError } from "../../../../shared/errors.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";

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
  return database.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table' " +
      "AND name NOT LIKE 'sqlite_%' ORDER BY name",
  ).all()
    .map(({ name }) => name);
}

const TABLES = [
  "clients",
  "departures",
  "file_receivers",
  "files",
  "invites",
  "messages",
  "prekeys",
  "shares",
  "time_mark",
  "tokens",
  "totals",
  "usage",
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

/** Makes the database of version `version`, with a client called "a". */
function makeVersion(database: Database, version: number): void {
  for (const part of STEPS.slice(0, version).flat()) {
    if (typeof part === "string") database.exec(part);
    else part(database);
  }
  database.exec(
    "INSERT INTO clients (id, name, public_key, registered_at) VALUES (x'01', 'a', x'00', 1)",
  );
  database.exec(`PRAGMA application_id = ${0x4d534753}; PRAGMA user_version = ${version}`);
}

schemaTest("a database from before prekeys keeps what it holds", (path) => {
  withDatabase(path, (database) => makeVersion(database, 2));
  withDatabase(path, (database) => {
    prepareDatabase(database);
    assertEquals(tablesOf(database), TABLES);
    const row = database.prepare("SELECT name, last_prekey, mark FROM clients").get();
    assertEquals({ ...row }, { name: "a", last_prekey: 0, mark: new Uint8Array(16) });
  });
});

schemaTest("what an older database holds is counted", (path) => {
  withDatabase(path, (database) => {
    makeVersion(database, 4);
    const message = "INSERT INTO messages (mailbox, id, sender, type, size) VALUES (1, ?, ?, 3, ?)";
    const receiver = "INSERT INTO file_receivers (file, receiver) VALUES (2, ?)";
    const token = "INSERT INTO tokens (sender, token, mailbox, message, used_at) " +
      "VALUES (?, x'05', 1, 1, 1)";
    const file = "INSERT INTO files (id, owner, size, complete, changed_at) VALUES (?, ?, ?, ?, 1)";
    const [one, two] = [new Uint8Array([1]), new Uint8Array([2])];
    database.exec(message, 1, one, 10);
    database.exec(message, 2, two, 20);
    database.exec(message, 3, two, 30);
    database.exec(file, one, two, 100, 0);
    database.exec(file, two, two, 1000, 1);
    database.exec(receiver, one);
    database.exec(token, one);
    database.exec(token, new Uint8Array([3]));
    database.exec("UPDATE clients SET messages = 3, bytes = 60, last_message = 3");
  });
  withDatabase(path, (database) => {
    prepareDatabase(database);
    const rows = (sql: string) => database.prepare(sql).all().map((row) => Object.values(row));
    const [one, two] = [new Uint8Array([1]), new Uint8Array([2])];
    const charged = [
      MESSAGE_OVERHEAD + 10 + TOKEN_OVERHEAD,
      2 * MESSAGE_OVERHEAD + 50 + 2 * FILE_OVERHEAD + 1100 + RECEIVER_OVERHEAD,
      TOKEN_OVERHEAD,
    ];
    const sum = charged.reduce((sum, bytes) => sum + bytes);
    assertEquals(rows("SELECT * FROM totals"), [[sum, 3, 60, 2, 1100]]);
    assertEquals(rows("SELECT * FROM usage"), [
      [one, charged[0], 1, 0, 0],
      [two, charged[1], 0, 2, 1],
      [new Uint8Array([3]), charged[2], 1, 0, 0],
    ]);
    const ages = database.prepare("SELECT min(deposited_at) FROM messages").value<[number]>();
    assert((ages?.[0] ?? 0) > 1e12, "an old message counts as one that has just come");
    for (const table of ["file_receivers", "files"]) database.exec(`DELETE FROM ${table}`);
    charged[1] = 2 * MESSAGE_OVERHEAD + 50;
    const left = charged.reduce((sum, bytes) => sum + bytes);
    assertEquals(rows("SELECT * FROM totals"), [[left, 3, 60, 0, 0]]);
    assertEquals(rows("SELECT bytes FROM usage"), charged.map((bytes) => [bytes]));
  });
});

schemaTest("a new database can give back free pages, an older one cannot", (path) => {
  const mode = (database: Database) => database.prepare("PRAGMA auto_vacuum").value()?.[0];
  withDatabase(path, (database) => {
    prepareDatabase(database);
    assertEquals(mode(database), 2);
  });
  withDatabase(`${path}.old`, (database) => {
    makeVersion(database, 4);
    prepareDatabase(database);
    assertEquals(mode(database), 0);
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

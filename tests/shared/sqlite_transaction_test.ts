import { Database } from "@db/sqlite";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";

class Refused extends Error {}

function newTable(path = ":memory:"): Database {
  const db = new Database(path);
  db.exec("CREATE TABLE t (a INTEGER UNIQUE)");
  return db;
}

/** The values in the table, in order. */
function values(db: Database): unknown[] {
  return db.prepare("SELECT a FROM t ORDER BY a").all().map(({ a }) => a);
}

function add(db: Database, value: number): void {
  db.exec("INSERT INTO t VALUES (?)", value);
}

/** Runs `test` with the path of a database file that is not there yet. */
function withPath(test: (path: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    test(`${folder}/test.db`);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("transaction: commits, passes arguments in and the result out", () => {
  const db = newTable();
  const addBoth = db.transaction((a: number, b: number) => {
    assert(db.inTransaction);
    add(db, a);
    add(db, b);
    return a + b;
  });
  assert(!db.inTransaction);
  assertEquals(addBoth(1, 2), 3);
  assertEquals(addBoth.deferred(3, 4), 7);
  assertEquals(addBoth.immediate(5, 6), 11);
  assertEquals(addBoth.exclusive(7, 8), 15);
  assert(!db.inTransaction);
  assertEquals(values(db), [1, 2, 3, 4, 5, 6, 7, 8]);
  db.close();
});

Deno.test("transaction: undoes all that it did when it throws, and throws the same", () => {
  const db = newTable();
  add(db, 1);
  const failing = db.transaction(() => {
    add(db, 2);
    db.exec("DELETE FROM t WHERE a = 1");
    throw new Refused("no");
  });
  for (const run of [failing, failing.deferred, failing.immediate, failing.exclusive]) {
    assertThrows(run, Refused, "no");
    assert(!db.inTransaction);
    assertEquals(values(db), [1]);
  }
  db.close();
});

Deno.test("transaction: a broken constraint undoes the steps before it, too", () => {
  const db = newTable();
  add(db, 1);
  const failing = db.transaction(() => {
    add(db, 2);
    add(db, 1);
  });
  assertThrows(failing, Error, "UNIQUE");
  assertEquals(values(db), [1]);
  db.close();
});

Deno.test("transaction: a failing inner one undoes its own steps and no others", () => {
  const db = newTable();
  const inner = db.transaction((value: number) => {
    add(db, value);
    throw new Refused();
  });
  const outer = db.transaction(() => {
    add(db, 1);
    assertThrows(() => inner(2), Refused);
    assert(db.inTransaction);
    assertThrows(() => inner.immediate(3), Refused);
    add(db, 4);
  });
  outer();
  assertEquals(values(db), [1, 4]);
  db.close();
});

Deno.test("transaction: a failing outer one undoes what inner ones committed", () => {
  const db = newTable();
  const inner = db.transaction((value: number) => add(db, value));
  const outer = db.transaction(() => {
    inner(1);
    inner.immediate(2);
    throw new Refused();
  });
  assertThrows(outer, Refused);
  assertEquals(values(db), []);
  db.close();
});

Deno.test("transaction: three deep, each level stands or falls alone", () => {
  const db = newTable();
  const level = db.transaction((depth: number, failing: number): void => {
    add(db, depth * 10 + failing);
    if (depth < 3) {
      try {
        level(depth + 1, failing);
      } catch (error) {
        assert(error instanceof Refused);
      }
    }
    if (depth === failing) throw new Refused();
  });
  for (const failing of [2, 3, 4]) level(1, failing);
  assertEquals(values(db), [12, 13, 14, 23, 24, 34]);
  db.close();
});

Deno.test("transaction: one that cannot be committed is undone and over", () => {
  const db = newTable();
  db.exec("PRAGMA foreign_keys = ON");
  db.exec("CREATE TABLE r (a REFERENCES t (a) DEFERRABLE INITIALLY DEFERRED)");
  const dangling = db.transaction(() => {
    add(db, 1);
    db.exec("INSERT INTO r VALUES (99)");
  });
  assertThrows(dangling, Error, "FOREIGN KEY");
  assert(!db.inTransaction);
  assertEquals(values(db), []);
  db.close();
});

Deno.test("transaction: one that was rolled back underneath says why, not how", () => {
  const db = newTable();
  const failing = db.transaction(() => {
    add(db, 1);
    db.exec("INSERT OR ROLLBACK INTO t VALUES (1)");
  });
  assertThrows(failing, Error, "UNIQUE");
  assert(!db.inTransaction);
  assertEquals(values(db), []);
  db.close();
});

Deno.test("transaction: immediate ones exclude writers at once, deferred ones at a write", () => {
  withPath((path) => {
    const first = newTable(path);
    const second = new Database(path);
    const write = second.transaction(() => add(second, 2));
    first.transaction(() => assertThrows(() => write(), Error, "locked")).immediate();
    first.transaction(() => assertThrows(() => write(), Error, "locked")).exclusive();
    assertEquals(values(first), []);
    first.transaction(() => {
      write();
      add(first, 3);
      assertThrows(() => write(), Error, "locked");
    }).deferred();
    assertEquals(values(first), [2, 3]);
    first.close();
    second.close();
  });
});

Deno.test("database: is made where there is none, and is there the next time", () => {
  withPath((path) => {
    const db = newTable(path);
    add(db, 1);
    const failing = db.transaction(() => {
      add(db, 2);
      throw new Refused();
    });
    assertThrows(failing, Refused);
    db.close();
    assertThrows(() => db.exec("SELECT 1"), Error);
    const again = new Database(path);
    assertEquals(values(again), [1]);
    again.close();
  });
});

Deno.test("database: a folder that is not there is an error", () => {
  withPath((path) => {
    assertThrows(() => new Database(`${path}/nowhere/test.db`), Error);
  });
});

import { Database, type Value } from "@db/sqlite";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";

/** Runs `test` on a database in memory with a table of two columns of no type. */
function withTable(test: (db: Database) => void): void {
  const db = new Database(":memory:");
  try {
    db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)");
    test(db);
  } finally {
    db.close();
  }
}

const INSERT = "INSERT INTO t (a, b) VALUES (?, ?)";
const SELECT = "SELECT a, b FROM t ORDER BY id";

Deno.test("sqlite exec: runs several statements and counts the rows of the last", () => {
  withTable((db) => {
    const changed = db.exec(
      "INSERT INTO t (a) VALUES (1), (2), (3); UPDATE t SET b = a WHERE a > 1",
    );
    assertEquals(changed, 2);
    assertEquals(db.prepare(SELECT).all().map(({ b }) => b), [null, 2, 3]);
  });
});

Deno.test("sqlite exec: takes parameters by position and by name", () => {
  withTable((db) => {
    assertEquals(db.exec(INSERT, 1, "one"), 1);
    assertEquals(db.exec("INSERT INTO t (a, b) VALUES (:a, :b)", { a: 2, b: "two" }), 1);
    assertEquals(db.exec("UPDATE t SET b = ? WHERE a < ?", "x", 9), 2);
    assertEquals(db.exec("DELETE FROM t WHERE a = 7"), 0);
    assertEquals(db.prepare(SELECT).all(), [{ a: 1, b: "x" }, { a: 2, b: "x" }]);
  });
});

Deno.test("sqlite exec: stops at the first statement that fails", () => {
  withTable((db) => {
    const script = "INSERT INTO t (a) VALUES (1); INSERT INTO nowhere VALUES (2); DELETE FROM t";
    assertThrows(() => db.exec(script), Error, "nowhere");
    assertEquals(db.prepare("SELECT a FROM t").all(), [{ a: 1 }]);
  });
});

Deno.test("sqlite statement: run counts rows; changes agree", () => {
  withTable((db) => {
    const insert = db.prepare(INSERT);
    for (const id of [1, 2, 3]) {
      assertEquals(insert.run("x", id), 1);
      assertEquals(db.changes, 1);
    }
    assertEquals(db.prepare("UPDATE t SET a = 'y' WHERE b >= ?").run(2), 2);
    assertEquals(db.changes, 2);
    db.prepare(SELECT).all();
    assertEquals(db.changes, 2, "a SELECT changes nothing");
    assertEquals(db.prepare("DELETE FROM t WHERE b = ?").run(99), 0);
    assertEquals(db.changes, 0);
  });
});

Deno.test("sqlite statement: get, all and value, with rows and without", () => {
  withTable((db) => {
    const select = db.prepare("SELECT a, b FROM t WHERE a >= ? ORDER BY a");
    assertEquals(select.get(0), undefined);
    assertEquals(select.all(0), []);
    assertEquals(select.value(0), undefined);
    for (const a of [1, 2, 3]) db.exec(INSERT, a, a * 10);
    assertEquals(select.get(2), { a: 2, b: 20 });
    assertEquals(select.all(2), [{ a: 2, b: 20 }, { a: 3, b: 30 }]);
    assertEquals(select.get(9), undefined);
  });
});

Deno.test("sqlite statement: can be run again, and remembers no parameters", () => {
  withTable((db) => {
    const insert = db.prepare(INSERT);
    insert.run(1, "first");
    insert.run(2);
    insert.run();
    const rows = [{ a: 1, b: "first" }, { a: 2, b: null }, { a: null, b: null }];
    assertEquals(db.prepare(SELECT).all(), rows);
  });
});

Deno.test("sqlite statement: one name may stand in several places", () => {
  withTable((db) => {
    db.exec("INSERT INTO t (a, b) VALUES (:x, :x || $y || @z)", { x: "1", y: "2", z: "3" });
    assertEquals(db.prepare(SELECT).get(), { a: "1", b: "123" });
  });
});

Deno.test("sqlite statement: parameters that it does not have are refused", () => {
  withTable((db) => {
    const select = db.prepare("SELECT a FROM t WHERE a = :a");
    assertThrows(() => select.get({ wrong: 1 }), Error);
    assertThrows(() => select.get(1, 2), Error);
    assertThrows(() => db.prepare("SELECT wrong FROM t"), Error, "wrong");
    assertThrows(() => db.prepare("SELEKT"), Error, "syntax");
  });
});

Deno.test("sqlite values: come back as they were", () => {
  const values: Value[] = [
    null,
    0,
    -1,
    2 ** 31,
    2 ** 32 - 1,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
    1.5,
    -1e300,
    "",
    "text",
    "naïve 👋",
    new Uint8Array(0),
    new Uint8Array([0, 1, 255]),
    new Uint8Array(100_000).fill(7),
    new Uint8Array([9, 1, 2, 9]).subarray(1, 3),
  ];
  withTable((db) => {
    for (const value of values) db.exec(INSERT, value, null);
    const rows = db.prepare(SELECT).all<{ a: Value }>();
    assertEquals(rows.map(({ a }) => a), values);
  });
});

Deno.test("sqlite values: whole numbers are stored as integers", () => {
  const typeOf = (value: Value) => {
    const db = new Database(":memory:");
    try {
      return db.prepare("SELECT typeof(?) AS type").get(value)?.type;
    } finally {
      db.close();
    }
  };
  for (const whole of [0, 1, -1, 2 ** 32, Number.MAX_SAFE_INTEGER, 5n]) {
    assertEquals(typeOf(whole), "integer", `${whole}`);
  }
  assertEquals(typeOf(1.5), "real");
  assertEquals(typeOf("1"), "text");
  assertEquals(typeOf(new Uint8Array(0)), "blob");
  assertEquals(typeOf(null), "null");
});

Deno.test("sqlite values: an integer too large for a number is never rounded", () => {
  withTable((db) => {
    db.exec("INSERT INTO t (a) VALUES (9007199254740993)");
    let value: unknown;
    try {
      value = db.prepare(SELECT).get()?.a;
    } catch (error) {
      assert(error instanceof Error && error.message.includes("too large"), `${error}`);
      return;
    }
    assertEquals(value, 9007199254740993n);
  });
});

Deno.test("sqlite values: blobs are copies on both ways", () => {
  withTable((db) => {
    const bytes = new Uint8Array([1, 2, 3]);
    db.exec(INSERT, bytes, null);
    bytes.fill(9);
    const read = () => db.prepare(SELECT).get<{ a: Uint8Array }>()?.a;
    const first = read();
    assert(first instanceof Uint8Array);
    assertEquals(first, new Uint8Array([1, 2, 3]));
    first.fill(8);
    assertEquals(read(), new Uint8Array([1, 2, 3]));
  });
});

Deno.test("sqlite value: the columns of the first row", () => {
  withTable((db) => {
    for (const a of [7, 8]) db.exec(INSERT, a, null);
    assertEquals(db.prepare("SELECT a, b FROM t ORDER BY a").value(), [7, null]);
    assertEquals(db.prepare("SELECT b, a FROM t ORDER BY a DESC").value(), [null, 8]);
    assertEquals(db.prepare("SELECT count(*) FROM t WHERE a = ?").value(8), [1]);
  });
});

Deno.test("sqlite: the schema of a file that others made reads nothing of this process", () => {
  withTable((db) => {
    for (const crafted of ["(SELECT file FROM pragma_database_list)", "rtreecheck('main', 't')"]) {
      db.exec(`DROP VIEW IF EXISTS crafted; CREATE VIEW crafted AS SELECT ${crafted} AS value`);
      assertThrows(() => db.prepare("SELECT value FROM crafted").all(), Error, "unsafe use");
    }
    // Whoever has the database open may.
    assertEquals(db.prepare("SELECT name FROM pragma_database_list").value<[string]>(), ["main"]);
  });
});

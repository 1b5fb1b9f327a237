import { setImmediate } from "node:timers";
import { Database } from "@db/sqlite";
import { GroupCommit } from "../../../../server/storage/sqlite/group_commit.ts";
import { StorageError } from "../../../../shared/errors.ts";
import { assertEquals, assertRejects } from "../../../support/assert.ts";

/** Registers a test that gets a group commit over one table. */
function commitTest(
  name: string,
  test: (commits: GroupCommit, table: Table) => Promise<void>,
): void {
  Deno.test(`group commit: ${name}`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "commits_" });
    const table = new Table(`${folder}/test.db`);
    try {
      await test(new GroupCommit(table.database), table);
    } finally {
      table.close();
      await Deno.remove(folder, { recursive: true });
    }
  });
}

class Table {
  readonly database: Database;
  readonly #other: Database;

  constructor(path: string) {
    this.database = new Database(path);
    this.database.exec("PRAGMA journal_mode = WAL");
    this.database.exec("CREATE TABLE numbers (number INTEGER PRIMARY KEY)");
    this.#other = new Database(path);
  }

  /** Adds a number; fails if it exists. */
  add(number: number): number {
    this.database.exec("INSERT INTO numbers VALUES (?)", number);
    return number;
  }

  /** The numbers that are committed: another connection sees nothing else. */
  get numbers(): unknown[] {
    return this.#other.prepare("SELECT number FROM numbers ORDER BY number").all()
      .map(({ number }) => number);
  }

  /** Keeps all others from writing. */
  lock(): void {
    this.#other.exec("BEGIN IMMEDIATE");
  }

  unlock(): void {
    this.#other.exec("ROLLBACK");
  }

  close(): void {
    this.database.close();
    this.#other.close();
  }
}

commitTest("operations that wait together share a transaction", async (commits, table) => {
  const seen: unknown[][] = [];
  const answers = [1, 2, 3].map((number) =>
    commits.submit(() => {
      seen.push(table.numbers);
      return table.add(number);
    })
  );
  // The first one that is answered finds all of them committed.
  await Promise.any(answers);
  assertEquals(table.numbers, [1, 2, 3]);
  assertEquals(await Promise.all(answers), [1, 2, 3]);
  assertEquals(seen, [[], [], []]);
});

commitTest("they run in the order in which they came", async (commits, table) => {
  const order: number[] = [];
  await Promise.all([3, 1, 2].map((number) =>
    commits.submit(() => {
      order.push(number);
      table.add(number);
    })
  ));
  assertEquals(order, [3, 1, 2]);
});

commitTest("a refusal harms nobody else", async (commits, table) => {
  const refused = new StorageError("name-taken", "taken");
  const answers = await Promise.allSettled([
    commits.submit(() => table.add(1)),
    commits.submit(() => {
      throw refused;
    }),
    commits.submit(() => table.add(2)),
  ]);
  assertEquals(answers.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assertEquals((answers[1] as PromiseRejectedResult).reason === refused, true);
  assertEquals(table.numbers, [1, 2]);
});

commitTest("a failure undoes its own changes and no others", async (commits, table) => {
  const answers = await Promise.allSettled([
    commits.submit(() => table.add(1)),
    commits.submit(() => {
      table.add(2);
      table.add(1); // fails
    }),
    commits.submit(() => table.add(3)),
    commits.submit(() => table.add(3)), // fails
    commits.submit(() => table.add(4)),
  ]);
  assertEquals(
    answers.map((answer) => answer.status === "fulfilled" ? answer.value : answer.reason.code),
    [1, "failed", 3, "failed", 4],
  );
  assertEquals(table.numbers, [1, 3, 4]);
});

commitTest("a failure by itself is told with its cause", async (commits, table) => {
  table.add(1);
  const error = await assertRejects(() => commits.submit(() => table.add(1)), StorageError);
  assertEquals(error.code, "failed");
  assertEquals(error.cause instanceof Error, true);
  assertEquals(table.database.inTransaction, false);
  assertEquals(await commits.submit(() => table.add(2)), 2);
});

commitTest("a transaction that cannot begin fails what is in it", async (commits, table) => {
  table.lock();
  const answers = await Promise.allSettled(
    [1, 2].map((number) => commits.submit(() => table.add(number))),
  );
  assertEquals(
    answers.map((answer) => answer.status === "rejected" && answer.reason.code),
    ["failed", "failed"],
  );
  table.unlock();
  assertEquals(table.numbers, []);
  assertEquals(await commits.submit(() => table.add(1)), 1);
});

commitTest("more than a batch", async (commits, table) => {
  const numbers = Array.from({ length: 1500 }, (_, i) => i);
  assertEquals(
    await Promise.all(numbers.map((number) => commits.submit(() => table.add(number)))),
    numbers,
  );
  assertEquals(table.numbers, numbers);
});

commitTest("what an answer leads to comes into a later batch", async (commits, table) => {
  const first = commits.submit(() => table.add(1)).then(() => commits.submit(() => table.add(2)));
  assertEquals(await first, 2);
  assertEquals(table.numbers, [1, 2]);
});

commitTest("close commits what waits and takes nothing more", async (commits, table) => {
  const waiting = Promise.all([1, 2].map((number) => commits.submit(() => table.add(number))));
  commits.close();
  assertEquals(table.numbers, [1, 2]);
  assertEquals(await waiting, [1, 2]);
  const late = await assertRejects(() => commits.submit(() => table.add(3)), StorageError);
  assertEquals(late.code, "closed");
  await new Promise<void>((resolve) => setImmediate(resolve)); // the turn that was planned before
  assertEquals(table.numbers, [1, 2]);
});

commitTest("a full disk says so, and what needs no room goes on", async (commits, table) => {
  const pages = Number(table.database.prepare("PRAGMA page_count").value()?.[0]);
  table.database.exec(`PRAGMA max_page_count = ${pages}`);
  const fill = async () => {
    for (let number = 1; number < 10_000; number++) await commits.submit(() => table.add(number));
  };
  const error = await assertRejects(fill, StorageError);
  assertEquals(error.code, "disk-full");
  assertEquals(await commits.submit(() => table.numbers.length > 10), true);
});

import { setImmediate } from "node:timers";
import { Database } from "@db/sqlite";
import {
  GroupCommit,
  MAX_BATCH,
  MAX_BATCH_SIZE,
  MAX_BATCH_TIME,
} from "../../../../server/storage/sqlite/group_commit.ts";
import { StorageError } from "../../../../shared/errors.ts";
import { utf8 } from "../../../../shared/bytes.ts";
import { assertEquals, assertRejects } from "../../../support/assert.ts";

/** Registers a test that gets a group commit over one table. */
function commitTest(
  name: string,
  test: (commits: GroupCommit, table: Table, clock: { now: number }) => Promise<void>,
): void {
  Deno.test(`group commit: ${name}`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "commits_" });
    const table = new Table(`${folder}/test.db`);
    try {
      const clock = { now: 0 };
      await test(new GroupCommit(table.database, () => clock.now), table, clock);
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

/** Submits `count` operations of `client`; each notes what was committed when it ran. */
function submitNoting(
  commits: GroupCommit,
  table: Table,
  client: string,
  count: number,
  ran: (sawNumbers: number) => void,
  size = 0,
): Promise<void>[] {
  const id = utf8(client);
  return Array.from({ length: count }, () =>
    commits.submit(
      () => {
        ran(table.numbers.length);
        table.add(next++);
      },
      id,
      size,
    ));
}
let next = 0;

commitTest("clients take turns, each in its own order", async (commits, table) => {
  const ran: string[] = [];
  const note = (client: string) => () => void ran.push(client);
  const all = [
    ...submitNoting(commits, table, "mallory", 5, note("m")),
    ...submitNoting(commits, table, "alice", 1, note("a")),
    ...submitNoting(commits, table, "bob", 2, note("b")),
  ];
  await Promise.all(all);
  assertEquals(ran.join(""), "mabmbmmm");
  const order: number[] = [];
  const numbers = Array.from({ length: 20 }, (_, i) => i);
  await Promise.all(numbers.map((i) => commits.submit(() => order.push(i), utf8(`${i % 2}`))));
  assertEquals(order.filter((i) => i % 2 === 0), numbers.filter((i) => i % 2 === 0));
  assertEquals(order.filter((i) => i % 2 === 1), numbers.filter((i) => i % 2 === 1));
});

commitTest(
  "who comes late shares the next batch with who has much to do",
  async (commits, table) => {
    const flood = submitNoting(commits, table, "mallory", 3 * MAX_BATCH, () => {});
    await flood[0];
    const before = table.numbers.length;
    const seen: number[] = [];
    await Promise.all(submitNoting(commits, table, "alice", 1, (numbers) => seen.push(numbers)));
    assertEquals([before, seen], [MAX_BATCH, [MAX_BATCH]]);
    await Promise.all(flood);
  },
);

commitTest("a batch ends after so much time", async (commits, table, clock) => {
  const seen: number[] = [];
  const all = submitNoting(commits, table, "alice", 9, (numbers) => {
    seen.push(numbers);
    clock.now += MAX_BATCH_TIME / 4;
  });
  await Promise.all(all);
  assertEquals(seen.map((numbers) => numbers - seen[0]), [0, 0, 0, 0, 4, 4, 4, 4, 8]);
});

commitTest("a batch ends after so many bytes", async (commits, table) => {
  const seen: number[] = [];
  const note = (numbers: number) => void seen.push(numbers);
  await Promise.all(submitNoting(commits, table, "alice", 5, note, MAX_BATCH_SIZE / 2));
  assertEquals(seen.map((numbers) => numbers - seen[0]), [0, 0, 2, 2, 4]);
});

commitTest("a failure has the others run again together", async (commits, table) => {
  table.add(1_000_000);
  const seen: number[] = [];
  const note = (numbers: number) => void seen.push(numbers);
  const before = submitNoting(commits, table, "alice", 3, note);
  const fails = commits.submit(() => table.add(1_000_000), utf8("alice"));
  await Promise.all(before);
  await assertRejects(() => fails, StorageError);
  assertEquals(seen.length, 6);
  assertEquals(new Set(seen).size, 1, "in one transaction each time");
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

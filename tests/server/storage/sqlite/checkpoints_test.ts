import { Database } from "@db/sqlite";
import {
  Checkpoints,
  MOVED,
  type Mover,
  REST,
} from "../../../../server/storage/sqlite/checkpoints.ts";
import { assert, assertEquals } from "../../../support/assert.ts";

/** A thread that moves nothing, and is ready when the test says so. */
class HeldMover implements Mover {
  asked = 0;
  closed = false;
  /** What happens while it works. */
  meanwhile = () => {};
  #done = Promise.withResolvers<void>();

  move(): Promise<void> {
    this.asked++;
    this.meanwhile();
    return this.#done.promise;
  }

  finish(): void {
    this.#done.resolve();
  }

  close(): void {
    this.closed = true;
  }
}

/** A database, and its file as others see it. */
class Subject {
  readonly database: Database;
  readonly path: string;

  constructor(readonly folder: string) {
    this.path = `${folder}/test.db`;
    this.database = new Database(this.path);
    this.database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF");
    this.database.exec("CREATE TABLE numbers (number INTEGER)");
    this.database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  /** Commits so many changes, each in a transaction of its own. */
  change(count: number, checkpoints?: Checkpoints): void {
    const add = this.database.prepare("INSERT INTO numbers VALUES (1)");
    for (let i = 0; i < count; i++) {
      add.run();
      checkpoints?.committed();
    }
  }

  /** Bytes of the log. */
  get log(): number {
    return Deno.statSync(`${this.path}-wal`).size;
  }

  /** The bytes of the database itself, without its log. */
  get moved(): Uint8Array {
    return Deno.readFileSync(this.path);
  }
}

function checkpointsTest(name: string, test: (subject: Subject) => Promise<void>): void {
  Deno.test(`checkpoints: ${name}`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "checkpoints_" });
    const subject = new Subject(folder);
    try {
      await test(subject);
    } finally {
      subject.database.close();
      await Deno.remove(folder, { recursive: true });
    }
  });
}

checkpointsTest(
  "no commit moves anything; the thread does, after some changes",
  async (subject) => {
    const mover = new HeldMover();
    const checkpoints = new Checkpoints(subject.path, subject.database, mover);
    const before = subject.moved;
    subject.change(MOVED - 1, checkpoints);
    assertEquals(mover.asked, 0);
    subject.change(10 * MOVED, checkpoints);
    assertEquals(mover.asked, 1); // one thing at a time
    assertEquals(subject.moved, before);
    mover.finish();
    await checkpoints.done();
    checkpoints.close();
    assertEquals(mover.closed, true);
  },
);

checkpointsTest("while much is committed beside it, the thread goes on", async (subject) => {
  const mover = new HeldMover();
  const checkpoints = new Checkpoints(subject.path, subject.database, mover);
  mover.meanwhile = () => subject.change(mover.asked < 4 ? REST + 1 : REST);
  mover.finish();
  await checkpoints.move();
  assertEquals(mover.asked, 4);
  // What was left is moved at once, so the next commit begins the log anew.
  const size = subject.log;
  subject.change(10);
  assertEquals(subject.log, size);
  mover.meanwhile = () => subject.change(MOVED);
  await checkpoints.move();
  assertEquals(mover.asked, 4 + 8); // not for ever
});

checkpointsTest("the log stays small while much is committed", async (subject) => {
  const checkpoints = new Checkpoints(subject.path, subject.database);
  for (let i = 0; i < 10; i++) {
    subject.change(MOVED, checkpoints);
    await checkpoints.move();
  }
  const page = 4096 + 24;
  assert(subject.log < 3 * MOVED * page, `${subject.log} bytes`);
  assertEquals(subject.database.prepare("SELECT count(*) FROM numbers").value(), [10 * MOVED]);
  checkpoints.close();
});

checkpointsTest(
  "what another still reads stays, and is moved when it has ended",
  async (subject) => {
    const checkpoints = new Checkpoints(subject.path, subject.database);
    const reader = new Database(subject.path);
    const count = () => reader.prepare("SELECT count(*) FROM numbers").value();
    reader.exec("BEGIN");
    assertEquals(count(), [0]);
    for (let i = 0; i < 3; i++) {
      subject.change(MOVED, checkpoints);
      await checkpoints.move();
    }
    assertEquals(count(), [0]);
    const size = subject.log;
    reader.exec("COMMIT");
    await checkpoints.move();
    subject.change(10);
    assertEquals(subject.log, size);
    assertEquals(count(), [3 * MOVED + 10]);
    reader.close();
    checkpoints.close();
  },
);

checkpointsTest("the thread moves all that is committed, by itself", async (subject) => {
  const path = "../../../../server/storage/sqlite/checkpoint_worker.ts";
  const worker = new Worker(new URL(path, import.meta.url), { type: "module" });
  const before = subject.moved.length;
  subject.change(2 * MOVED);
  for (const more of [1, 0]) { // at its first work as well as later
    await new Promise((resolve) => {
      worker.onmessage = resolve;
      worker.postMessage(subject.path);
    });
    const copy = `${subject.folder}/copy.db`;
    await Deno.writeFile(copy, subject.moved);
    const database = new Database(copy);
    const count = database.prepare("SELECT count(*) FROM numbers").value();
    database.close();
    assertEquals(count, [(3 - more) * MOVED]);
    if (more > 0) subject.change(MOVED);
  }
  assert(subject.moved.length > before);
  worker.terminate();
});

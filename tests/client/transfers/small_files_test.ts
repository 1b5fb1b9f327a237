import type { Profile } from "../../../client/profile/profile.ts";
import type { Database } from "../../../shared/sqlite.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { TransferFixture } from "../../support/client/transfer_fixture.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { ClientError } from "../../../client/errors.ts";

/** Two groups of small files that go side by side, and one file more. */
const MANY = 65;

/** Counts the transactions of a profile that wait for the disk. */
function countCommits(profile: Profile): { count: number } {
  const database: Database = profile.transfers["database"];
  const commits = { count: 0 };
  let waits = true;
  const { exec, transaction } = database;
  database.exec = (sql, ...params) => {
    if (sql.startsWith("PRAGMA synchronous")) waits = sql.endsWith("FULL");
    return exec.call(database, sql, ...params);
  };
  database.transaction = function <A extends unknown[], R>(change: (...args: A) => R) {
    const wrapped = transaction.call(database, change as never) as ReturnType<
      typeof transaction<A, R>
    >;
    const { immediate } = wrapped;
    wrapped.immediate = (...args) => {
      if (waits && !database.inTransaction) commits.count++;
      return immediate(...args);
    };
    return wrapped;
  };
  return commits;
}

/** Returns the error that `step` ends with. */
async function errorOf(step: Promise<unknown>): Promise<string> {
  return await step.then(
    () => "none",
    (error) => error instanceof ClientError ? error.code : error,
  );
}

async function files(fixture: TransferFixture, count: number): Promise<string[]> {
  const numbers = Array.from({ length: count }, (_, n) => n);
  return await Promise.all(numbers.map((n) => fixture.file(`${n}.bin`, 100 + n, n + 1)));
}

Deno.test("small files: arrive in their order, and few transactions send them", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  const bob = await fixture.person("bob");
  const paths = await files(fixture, MANY);
  const told: [number, number, string | undefined][] = [];
  const onProgress = (done: number, size: number, file?: { name: string }) => {
    told.push([done, size, file?.name]);
  };
  const sending = countCommits(alice.profile);
  const sent = await Array.fromAsync(alice.client.sendFiles("bob", paths, { onProgress }));
  assertEquals(sent.length, MANY);
  const messages = sent.map(({ message }) => message);
  assertEquals(messages, messages.toSorted((a, b) => a - b));
  assertEquals(
    told,
    paths.flatMap((_, n) => [[0, 100 + n, `${n}.bin`], [100 + n, 100 + n, `${n}.bin`]]),
  );
  assert(sending.count < MANY / 4, `${sending.count} transactions to send`);

  const received = await fixture.receive(bob, "bob");
  assertEquals(
    received.map((one) => one.type === "file" && one.path),
    paths.map((_, n) => `${fixture.out("bob")}/${n}.bin`),
  );
  for (const n of paths.keys()) {
    assertEquals(
      await Deno.readFile(`${fixture.out("bob")}/${n}.bin`),
      sampleBytes(100 + n, n + 1),
    );
  }
  assertEquals(fixture.names("bob").length, MANY, "no draft is left");
  assertEquals(fixture.chunks(), []);
});

Deno.test("small files: the same one twice is sent twice", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  const bob = await fixture.person("bob");
  const path = await fixture.file("a.bin", 10);
  const sent = await Array.fromAsync(alice.client.sendFiles("bob", [path, path, path]));
  assertEquals(new Set(sent.map(({ message }) => message)).size, 3);
  assertEquals((await fixture.receive(bob, "bob")).length, 3);
  assertEquals(fixture.names("bob"), ["a (2).bin", "a (3).bin", "a.bin"]);
});

Deno.test("small files: each gets its own bytes where there are no hard links", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  const bob = await fixture.person("bob");
  await Array.fromAsync(alice.client.sendFiles("bob", await files(fixture, 32)));
  const { link } = Deno;
  // As on a disk with FAT.
  Deno.link = () => Promise.reject(new Deno.errors.PermissionDenied("operation not permitted"));
  try {
    await fixture.receive(bob, "bob");
  } finally {
    Deno.link = link;
  }
  assertEquals(fixture.names("bob").length, 32);
  for (let n = 0; n < 32; n++) {
    const bytes = await Deno.readFile(`${fixture.out("bob")}/${n}.bin`);
    assertEquals(bytes, sampleBytes(100 + n, n + 1));
  }
});

Deno.test("small files: one that fails keeps no other from arriving", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  const bob = await fixture.person("bob");
  const paths = await files(fixture, 5);
  const begin = alice.profile.transfers.add;
  alice.profile.transfers.add = (transfer) => {
    // As if the third had been written to between the look at it and its way.
    const changed = transfer.name === "2.bin" ? 1 : transfer.changed;
    return begin.call(alice.profile.transfers, { ...transfer, changed });
  };
  const sent: unknown[] = [];
  const sending = (async () => {
    for await (const one of alice.client.sendFiles("bob", paths)) sent.push(one);
  })();
  assertEquals(await errorOf(sending), "changed");
  assertEquals(sent.length, 4);
  await fixture.receive(bob, "bob");
  assertEquals(fixture.names("bob"), ["0.bin", "1.bin", "3.bin", "4.bin"]);
});

Deno.test("small files: those that are broken off go on with the next receive", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  const bob = await fixture.person("bob");
  const signal = AbortSignal.abort();
  const sending = Array.fromAsync(
    alice.client.sendFiles("bob", await files(fixture, 5), { signal }),
  );
  assertEquals(await errorOf(sending), "interrupted");
  assertEquals(alice.client.transfers().map(({ state }) => state), Array(5).fill("active"));
  await fixture.receive(alice, "alice");
  await fixture.receive(bob, "bob");
  assertEquals(fixture.names("bob"), [0, 1, 2, 3, 4].map((n) => `${n}.bin`));
});

Deno.test("small files: a missing one is told of before anything is sent", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  await fixture.person("bob");
  const paths = [...await files(fixture, 2), `${fixture.folder}/missing`];
  await assertRejects(
    () => Array.fromAsync(alice.client.sendFiles("bob", paths)),
    Error,
    "missing",
  );
  assertEquals(alice.client.transfers(), []);
});

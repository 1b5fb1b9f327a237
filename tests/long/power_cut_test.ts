/**
 * Power cuts: all that a server does to the disk is recorded, and servers are started on what could
 * be left of it at random moments, half of them right after an answer.
 */
import { verifyFolder } from "../../server/backup/verification.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { type Chance, chance } from "../support/fault/chance.ts";
import { cutPower, FileNode, FolderNode } from "../support/fault/disk_model.ts";
import { DurableWork } from "../support/fault/durable_work.ts";
import { RecordedDisk } from "../support/fault/recorded_disk.ts";
import {
  canRecord,
  isComplete,
  killBetweenCalls,
  readCalls,
  recorder,
} from "../support/fault/system_calls.ts";
import { type ServerProcess, startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { until } from "../support/until.ts";

const CUTS = 200;
/** Answers that the clients get of each of the servers that are recorded. */
const ANSWERS = 60;
/** What Dora certainly has that must expire. */
const OLD = { messages: 20, files: 2 };
/** Servers that are checked at a time. */
const AT_A_TIME = 2;

/** The clients of this test are many for one address. */
const EXEMPT = ["--exempt", "127.0.0.1"];

const AGE = new URL("../support/fault/age_database.ts", import.meta.url).href;

Deno.test("power cuts: acknowledged is delivered once, in order; files are whole", async () => {
  if (!await canRecord()) {
    console.log("no power was cut: strace is not here, or may not be used");
    return;
  }
  const luck = chance();
  console.log(`FC_SEED=${luck.seed}`);
  await using temp = await tempFolder();
  await using logs = await tempFolder();
  const work = await DurableWork.begin(luck);
  const records = await record(work, temp.path, logs.path);

  const times: number[] = [];
  const whole = new RecordedDisk(temp.path);
  await replay(records, whole, (at) => {
    while (times.length < whole.steps) times.push(at);
  });
  await assertSame(whole.root, temp.path);
  const cuts = chooseCuts(times, work, luck);
  assertEquals(cuts.length, CUTS);

  await using left = await tempFolder();
  const disk = new RecordedDisk(temp.path);
  let next = 0;
  let started = 0;
  const failures: unknown[] = [];
  const checks = new Set<Promise<void>>();
  await replay(records, disk, async (at) => {
    for (; next < CUTS && cuts[next] < disk.steps && failures.length === 0; next++) {
      const folder = `${left.path}/${next}`;
      await cutPower(disk.root, folder, luck);
      const what = `cut ${next}, after step ${disk.steps} of ${times.length}`;
      const check = checkAfter(folder, work, at).then(async () => {
        await Deno.remove(folder, { recursive: true });
        started++;
      }, (cause) => {
        failures.push(new Error(what, { cause }));
      }).finally(() => checks.delete(check));
      checks.add(check);
      if (checks.size >= AT_A_TIME) await Promise.race(checks);
    }
  });
  await Promise.all(checks);
  if (failures.length > 0) throw failures[0];
  console.log(`${started} power cuts in ${times.length} steps`);
  assertEquals(started, CUTS);
  await checkAfter(temp.path, work, Infinity);
});

/** Has three servers work, of which the first one is killed. Returns the records of all. */
async function record(work: DurableWork, parent: string, logs: string): Promise<string[]> {
  const records: string[] = [];
  const data = `${parent}/data`;
  const under = () => recorder(records[records.push(`${logs}/${records.length}`) - 1]);
  const ended = (pid: number) =>
    until("the record is whole", () => isComplete(records.at(-1)!, pid));
  const serve = async (args: string[], use: (server: ServerProcess) => Promise<void>) => {
    await using server = await startServer({ data, args: [...EXEMPT, ...args], under: under() });
    await use(server);
    await server.kill("SIGKILL"); // does nothing to one that has stopped
    await ended(server.pid);
  };
  const progress = () => {
    const end = work.progress + ANSWERS;
    return () => work.progress >= end;
  };
  await serve([], async (server) => {
    const enough = progress();
    const working = work.run(server.port);
    await until("there is enough to lose", enough);
    await killBetweenCalls(server, records.at(-1)!);
    await working;
  });
  await serve([], async (server) => {
    await work.run(server.port, progress());
    await work.fillDora(server.port, OLD);
    await work.drain(server.port);
    await server.stop();
  });
  const [program, ...rest] = under();
  const aging = new Deno.Command(program, {
    args: [...rest, Deno.execPath(), "run", "--allow-read", "--allow-write", AGE]
      .concat(`${data}/server.db`, "2"),
  }).spawn();
  assert((await aging.status).success);
  await ended(aging.pid);
  work.expiresFrom = Date.now();
  await serve(["--expire", "1"], async (server) => {
    await Promise.all([work.run(server.port, progress()), work.untilExpired(server.port)]);
    await server.stop();
  });
  return records;
}

/** Replays all records; calls `before` ahead of each call, with its time. */
async function replay(
  records: readonly string[],
  disk: RecordedDisk,
  before: (at: number) => void | Promise<void>,
): Promise<void> {
  for (const log of records) {
    disk.restart();
    for await (const call of readCalls(log)) {
      disk.apply(call);
      await before(call.at);
    }
  }
}

/** Returns the steps after which the power is cut, in their order. */
function chooseCuts(times: readonly number[], work: DurableWork, luck: Chance): number[] {
  const answers = [...work.sent, ...work.sent.map(({ taken }) => taken), ...work.shared]
    .concat(work.registered).map(({ answered }) => answered).filter((at) => at < times.at(-1)!);
  const cuts = Array.from({ length: CUTS }, (_, i) => {
    if (i % 2 === 0) return luck.whole(times.length);
    const answered = luck.pick(answers);
    return times.findIndex((at) => at > answered);
  });
  return cuts.toSorted((a, b) => a - b);
}

/** Starts a server on `folder`, as it was left at the time `cut`, and checks what it has. */
async function checkAfter(folder: string, work: DurableWork, cut: number): Promise<void> {
  await using server = await startServer({ data: `${folder}/data`, args: EXEMPT });
  await work.check(server.port, cut);
  assertEquals((await server.stop()).code, 0);
  // All is whole, and what the server counts is what there is.
  assertEquals(await Array.fromAsync(verifyFolder(`${folder}/data`, () => {})), []);
}

/** Checks that the model has what is on the disk: that nothing is missing in the record. */
async function assertSame(folder: FolderNode, path: string): Promise<void> {
  const names = [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  assertEquals([...folder.now.keys()].sort(), names, path);
  for (const [name, node] of folder.now) {
    const at = `${path}/${name}`;
    if (node instanceof FolderNode) await assertSame(node, at);
    else if (node instanceof FileNode) {
      const bytes = node.whole();
      const real = await Deno.readFile(at);
      assert(bytes.length === real.length && bytes.every((byte, i) => byte === real[i]), at);
    }
  }
}

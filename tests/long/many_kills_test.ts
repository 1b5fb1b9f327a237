/**
 * Hundreds of servers killed in the middle of messages, of uploads, of backups and of expiry, each
 * on what the one before left.
 */
import { Database } from "@db/sqlite";
import { verifyFolder } from "../../server/backup/verification.ts";
import { isThere } from "../../shared/files.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { chance } from "../support/fault/chance.ts";
import { DurableWork } from "../support/fault/durable_work.ts";
import { runServer, spawnServer, startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { until } from "../support/until.ts";

/** Kills in the middle of each, at least. */
const LEAST = { message: 200, file: 130, backup: 90, expiry: 80 };
/** Kills of servers on one folder; it has more than that of backups and of expiry. */
const PER_FOLDER = 30;
/** Kills after which all is checked, and Bob takes what waits. */
const CHECK = 10;
/** What expires in one folder, and what has come later and stays. */
const [OLD, YOUNG] = [{ messages: 1500, files: 20 }, { messages: 30, files: 2 }];
/** Folders at a time. */
const AT_A_TIME = 2;

/** The clients of this test are many for one address. */
const EXEMPT = ["--exempt", "127.0.0.1"];
const AGE = new URL("../support/fault/age_database.ts", import.meta.url).href;

const luck = chance();
console.log(`FC_SEED=${luck.seed}`);
const kills = { message: 0, file: 0, backup: 0, expiry: 0 };
const isMissing = (kind: keyof typeof kills) => kills[kind] < LEAST[kind];

/** Kills servers while Alice waits for the answer to a message, or to a request of an upload. */
async function killAtWork(kind: "message" | "file"): Promise<void> {
  await using temp = await tempFolder();
  const data = temp.path;
  const work = await DurableWork.begin(luck);
  for (let kill = 0; kill < PER_FOLDER && isMissing(kind); kill++) {
    await using server = await startServer({ data, args: EXEMPT });
    if (kill % CHECK === 0) await checkAll(work, data, server.port);
    const end = work.progress + 4 + luck.whole(16);
    const working = work.run(server.port);
    do {
      let skip = luck.whole(3);
      const now = work.when(() => work.progress >= end && work.doing === kind && skip-- === 0);
      await Promise.race([now, working]);
      assert(work.progress >= end, "it is killed at work");
      for (let turns = luck.whole(4); turns > 0; turns--) await nextTurn();
    } while (work.doing !== kind);
    kills[kind]++;
    assertEquals((await server.kill("SIGKILL")).signal, "SIGKILL");
    await working;
  }
  await using server = await startServer({ data, args: EXEMPT });
  await checkAll(work, data, server.port);
  assertEquals((await server.stop()).code, 0);
}

/** Kills servers at work while a backup is made, and the maker of the backup too now and then. */
async function killInBackup(): Promise<void> {
  await using temp = await tempFolder();
  const [data, backups, restored] = ["data", "backups", "restored"]
    .map((name) => `${temp.path}/${name}`);
  await Deno.mkdir(backups);
  const names = () => [...Deno.readDirSync(backups)].map(({ name }) => name);
  const file = `${backups}/backup.tar`;
  const work = await DurableWork.begin(luck);
  for (let kill = 0; kill < PER_FOLDER && isMissing("backup"); kill++) {
    await using server = await startServer({ data, args: EXEMPT });
    if (kill === 0) await work.fillDora(server.port, { messages: 200, files: 10 });
    if (kill % CHECK === 0) {
      await checkAll(work, data, server.port);
      assertEquals((await runServer(["backup", file, "--data", data])).code, 0);
      assertEquals(names(), ["backup.tar"], "what was left by the killed is gone");
      assertEquals((await runServer(["restore", file, "--data", restored])).code, 0);
      await using other = await startServer({ data: restored, args: EXEMPT });
      await work.check(other.port, Date.now());
      await other.kill("SIGKILL");
      for (const path of [file, restored]) await Deno.remove(path, { recursive: true });
    }
    const working = work.run(server.port);
    const backup = spawnServer(["backup", file, "--data", data]);
    // It copies the database, copies the files, and verifies.
    const stage = luck.pick(["server.db", "backup.tar", "verifies"]);
    await until("the backup is there so far", async () => {
      const draft = names().find((name) => name.endsWith(".part"));
      if (draft === undefined) return names().length > 0; // it was too fast for us
      const has = (name: string) => isThere(`${backups}/${draft}/${name}`);
      if (stage === "verifies") return await has("backup.tar") && !await has("server.db");
      return await has(stage);
    });
    const isMade = await isThere(file);
    assertEquals((await server.kill("SIGKILL")).signal, "SIGKILL");
    const { code, stderr } =
      await (luck.whole(4) === 0 ? backup.kill("SIGKILL") : backup.outcome());
    await working;
    if (!isMade) kills.backup++;
    if (code === 1) assert(stderr.includes("the server has stopped"), stderr);
    if (code <= 1) assertEquals(names(), code === 0 ? ["backup.tar"] : []);
    if (!await isThere(file)) continue;
    // What has the name is whole, however late the kill.
    assertEquals((await runServer(["verify", file])).code, 0);
    await Deno.remove(file);
  }
}

/** Kills servers that delete what is too old, until all of it is gone. */
async function killInExpiry(): Promise<void> {
  await using temp = await tempFolder();
  const data = temp.path;
  const work = await DurableWork.begin(luck);
  for (const what of [OLD, YOUNG]) {
    await using server = await startServer({ data, args: EXEMPT });
    await work.fillDora(server.port, what);
    assertEquals((await server.stop()).code, 0);
    if (what === YOUNG) break;
    const aging = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-read", "--allow-write", AGE, `${data}/server.db`, "2"],
    });
    assert((await aging.output()).success);
    work.expiresFrom = Date.now();
  }
  const contents = () =>
    ["files", "chunks"].flatMap((name) => [...Deno.readDirSync(`${data}/${name}`)]).length;
  for (let left = await countOld(data); left > 0;) {
    const before = contents();
    const server = spawnServer(["--data", data, "--port", "0", "--expire", "1", ...EXEMPT]);
    await until("something expires", () => contents() < before);
    assertEquals((await server.kill("SIGKILL")).signal, "SIGKILL");
    left = await countOld(data);
    if (left > 0) kills.expiry++;
    if (luck.whole(3) === 0) await verify(data);
  }
  await using server = await startServer({ data, args: ["--expire", "1", ...EXEMPT] });
  await work.untilExpired(server.port);
  await checkAll(work, data, server.port);
  assertEquals((await server.stop()).code, 0);
}

/** Checks what clients see, has Bob take all, and checks what an operator sees. */
async function checkAll(work: DurableWork, data: string, port: number): Promise<void> {
  await work.check(port);
  await work.drain(port);
  await verify(data);
}

/** Checks that contents are whole, and that what the server counts is what there is. */
async function verify(data: string): Promise<void> {
  assertEquals(await Array.fromAsync(verifyFolder(data, () => {})), []);
}

/** Returns how many messages and files of more than a day a killed server has left. */
async function countOld(data: string): Promise<number> {
  await using copy = await tempFolder(); // so that the next server finds what the kill has left
  for (const name of ["server.db", "server.db-wal"]) {
    const path = `${data}/${name}`;
    if (await isThere(path)) await Deno.copyFile(path, `${copy.path}/${name}`);
  }
  const database = new Database(`${copy.path}/server.db`);
  try {
    const [count] = database.prepare(
      "SELECT (SELECT count(*) FROM messages WHERE deposited_at < day) + " +
        "(SELECT count(*) FROM files WHERE changed_at < day) " +
        "FROM (SELECT running - 24 * 60 * 60 * 1000 AS day FROM time_mark)",
    ).value<[number]>()!;
    return count;
  } finally {
    database.close();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("many kills: acknowledged is delivered once, in order; files are whole", async () => {
  const tasks = [
    { kind: "expiry", killSome: killInExpiry },
    { kind: "backup", killSome: killInBackup },
    { kind: "file", killSome: () => killAtWork("file") },
    { kind: "message", killSome: () => killAtWork("message") },
  ] as const;
  await Promise.all(Array.from({ length: AT_A_TIME }, async (_, lane) => {
    for (;;) {
      const missing = tasks.filter(({ kind }) => isMissing(kind));
      const task = missing.at(lane === 0 ? 0 : -1);
      if (!task) return;
      await task.killSome();
    }
  }));
  for (const [kind, count] of Object.entries(kills)) {
    console.log(`${count} servers were killed in the middle of: ${kind}`);
  }
  assertEquals(tasks.filter(({ kind }) => isMissing(kind)), []);
  assert(Object.values(kills).reduce((sum, count) => sum + count) >= 500);
});

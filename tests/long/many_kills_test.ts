/** Hundreds of servers killed at random points of progress, each on what the one before left. */
import { assert, assertEquals } from "../support/assert.ts";
import { chance } from "../support/fault/chance.ts";
import { DurableWork } from "../support/fault/durable_work.ts";
import { spawnServer, startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { until } from "../support/until.ts";

/** Kills in the middle of messages, files and registrations: on so many folders, one by one. */
const [FOLDERS, KILLS] = [8, 61];
/** Kills after which all is checked, and Bob takes what waits. */
const CHECK = 10;
/** Kills in the middle of expiry, and files that expire at a time. */
const [EXPIRIES, FILES] = [15, 12];
/** Folders at a time. */
const AT_A_TIME = 2;
/** In all. */
const LEAST = 500;

/** The clients of this test are many for one address. */
const EXEMPT = ["--exempt", "127.0.0.1"];
const AGE = new URL("../support/fault/age_database.ts", import.meta.url).href;

const luck = chance();
console.log(`FC_SEED=${luck.seed}`);

/** Kills servers at work. Returns how many. */
async function killAtWork(): Promise<number> {
  await using temp = await tempFolder();
  const data = temp.path;
  const work = await DurableWork.begin(luck);
  let kills = 0;
  while (kills < KILLS) {
    await using server = await startServer({ data, args: EXEMPT });
    if (kills % CHECK === 0) {
      await work.check(server.port);
      await work.drain(server.port);
    }
    const end = work.progress + 4 + luck.whole(16);
    const working = work.run(server.port);
    await Promise.race([working, until("there is progress", () => work.progress >= end)]);
    assertEquals((await server.kill("SIGKILL")).signal, "SIGKILL");
    await working;
    assert(work.progress >= end, "it was killed at work");
    kills++;
  }
  await using server = await startServer({ data, args: EXEMPT });
  await work.check(server.port);
  assertEquals((await server.stop()).code, 0);
  return kills;
}

/** Kills servers that delete what is too old. Returns how many. */
async function killInExpiry(): Promise<number> {
  await using temp = await tempFolder();
  const data = temp.path;
  const work = await DurableWork.begin(luck);
  const files = () =>
    ["files", "chunks"].flatMap((name) => [...Deno.readDirSync(`${data}/${name}`)]).length;
  let kills = 0;
  for (; kills < EXPIRIES; kills++) {
    {
      await using server = await startServer({ data, args: EXEMPT });
      await work.check(server.port);
      await work.fillDora(server.port, { messages: FILES, files: FILES });
      await work.drain(server.port);
      assertEquals((await server.stop()).code, 0);
    }
    work.expiresFrom = Date.now();
    const aging = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-read", "--allow-write", AGE, `${data}/server.db`, "2"],
    });
    assert((await aging.output()).success);
    const all = files();
    const left = all - 1 - luck.whole(FILES);
    const kill = spawnServer(["--data", data, "--port", "0", "--expire", "1", ...EXEMPT]);
    await until("files expire", () => files() <= left);
    assertEquals((await kill()).signal, "SIGKILL");
  }
  await using server = await startServer({ data, args: ["--expire", "1", ...EXEMPT] });
  await work.check(server.port);
  await until("what expired is gone", () => files() === 0);
  return kills;
}

Deno.test("many kills: acknowledged is delivered once, in order; files are whole", async () => {
  let kills = 0;
  const tasks = [killInExpiry, ...Array.from({ length: FOLDERS }, () => killAtWork)];
  await Promise.all(Array.from({ length: AT_A_TIME }, async () => {
    for (let task; (task = tasks.shift());) {
      const more = await task();
      kills += more;
    }
  }));
  console.log(`${kills} servers were killed`);
  assert(kills >= LEAST, `${kills}`);
});

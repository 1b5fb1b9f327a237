/** Files while sender, receiver, server or network die: each arrives whole and once. */
import { ClientError } from "../../client/errors.ts";
import { MiB } from "../../shared/limits.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { digest } from "../support/large_files.ts";
import { sampleBytes } from "../support/pieces.ts";
import { startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { BreakableProxy } from "../support/proxies/breakable_proxy.ts";
import { type Chance, chance } from "../support/fault/chance.ts";
import { newPerson, openPerson } from "../support/fault/person.ts";

/** In the middle of a file; others may come before its first step, or after its end. */
const KILLS = 20;
const SIZE = 24 * MiB + 11;
/** More steps than a file of {@link SIZE} has. */
const MOST_STEPS = 30;

/** Runs `file_mover.ts`, killed at some step if `kill` is given. Returns what it printed. */
async function move(args: string[], kill?: Chance): Promise<string[]> {
  const step = kill ? 1 + kill.whole(MOST_STEPS) : Infinity;
  // Either it stands still at that step, or it goes on until the signal reaches it.
  const stands = kill?.pick([true, false]) ? [String(step)] : [];
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      new URL("../support/fault/file_mover.ts", import.meta.url).href,
      ...args,
      ...stands,
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let said = "";
  const stderr = new Response(child.stderr).text();
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    said += text;
    if ((said.match(/^\d+$/gm) ?? []).length < step) continue;
    try {
      child.kill("SIGKILL");
    } catch {
      // It was faster.
    }
  }
  const { code, signal } = await child.status;
  await child.stdin.close().catch(() => {}); // broken if the process was killed
  assert(code === 0 || kill && signal === "SIGKILL", `code ${code}: ${await stderr}`);
  await stderr;
  return said.split("\n").slice(0, -1);
}

const ended = (said: string[]) => said.at(-1) === "end";

interface Scene {
  folder: string;
  /** Writes the file that is sent next. Returns its path. */
  next: () => Promise<string>;
  /** All that was written. */
  paths: string[];
}

/** Alice and bob are registered; nobody of them runs. */
async function scene(folder: string, port: number): Promise<Scene> {
  for (const name of ["alice", "bob"]) {
    await using person = await newPerson(`${folder}/${name}`, name, port);
    if (name === "bob") await person.client.contactBook.setAlias("alice", "alice");
  }
  const paths: string[] = [];
  const next = async () => {
    const path = `${folder}/file ${paths.length}`;
    await Deno.writeFile(path, sampleBytes(SIZE, paths.length + 1));
    paths.push(path);
    return path;
  };
  return { folder, next, paths };
}

/** Each file is there once, as it was, and nothing else. */
async function check({ folder, paths }: Scene): Promise<void> {
  const names = [...Deno.readDirSync(`${folder}/out`)].map(({ name }) => name).sort();
  assertEquals(names, paths.map((path) => path.slice(folder.length + 1)).sort());
  for (const path of paths) {
    assertEquals(await digest(path.replace(folder, `${folder}/out`)), await digest(path), path);
  }
}

Deno.test("file faults: the sender killed at random moments", async () => {
  const random = chance();
  console.log(`FC_SEED=${random.seed} tries the same moments again`);
  await using temp = await tempFolder();
  await using server = await startServer();
  const set = await scene(temp.path, server.port);
  const port = String(server.port);
  let path = await set.next();
  for (let middle = 0; middle < KILLS;) {
    const said = await move(["send", `${temp.path}/alice`, port, path], random);
    if (said.length > 1 && !ended(said)) middle++;
    if (ended(said)) path = await set.next();
  }
  await move(["send", `${temp.path}/alice`, port, path]);
  await move(["receive", `${temp.path}/alice`, port, "nowhere"]);
  await move(["receive", `${temp.path}/bob`, port, `${temp.path}/out`]);
  const names = [...Deno.readDirSync(`${temp.path}/out`)].map(({ name }) => name);
  // One that died between its last step and its last word may have been sent again.
  const again = names.filter((name) => / \(2\)$/.test(name));
  for (const name of again) {
    const first = `${temp.path}/out/${name.replace(" (2)", "")}`;
    assertEquals(await digest(`${temp.path}/out/${name}`), await digest(first));
    await Deno.remove(`${temp.path}/out/${name}`);
  }
  await check(set);
});

Deno.test("file faults: the receiver killed at random moments", async () => {
  const random = chance();
  console.log(`FC_SEED=${random.seed} tries the same moments again`);
  await using temp = await tempFolder();
  await using server = await startServer();
  const set = await scene(temp.path, server.port);
  const port = String(server.port);
  const receive = ["receive", `${temp.path}/bob`, port, `${temp.path}/out`];
  let waiting = false;
  for (let middle = 0; middle < KILLS;) {
    if (!waiting) await move(["send", `${temp.path}/alice`, port, await set.next()]);
    const said = await move(receive, random);
    waiting = !ended(said);
    if (said.length > 1 && waiting) middle++;
  }
  await move(receive);
  await check(set);
  await move(["receive", `${temp.path}/alice`, port, "nowhere"]);
  assertEquals([...Deno.readDirSync(`${server.data}/chunks`)], []);
});

/** Does `step` again as long as the server is away. */
async function insist<T>(step: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await step();
    } catch (error) {
      const away = error instanceof ClientError && ["unreachable", "queued"].includes(error.code);
      if (!away) throw error;
    }
  }
}

Deno.test("file faults: the server killed at random moments of sending and receiving", async () => {
  const random = chance();
  console.log(`FC_SEED=${random.seed} tries the same moments again`);
  await using temp = await tempFolder();
  const data = `${temp.path}/server`;
  await Deno.mkdir(data);
  let server = await startServer({ data });
  const { port } = server;
  const set = await scene(temp.path, port);
  await using alice = await openPerson(`${temp.path}/alice`, port);
  await using bob = await openPerson(`${temp.path}/bob`, port);
  let dying: Promise<void> | null = null;
  let kills = 0;
  /** Kills the server when so many bytes have moved, and starts another in its place. */
  const killAt = (at: number) => (done: number) => {
    if (done < at || dying) return;
    kills++;
    dying = server.kill("SIGKILL").then(async () => {
      server = await startServer({ data, args: ["--port", String(port)] });
    });
  };
  while (kills < KILLS) {
    const path = await set.next();
    const transfers = alice.client.transfers().length;
    const first = killAt(random.whole(SIZE));
    await insist(async () => {
      const mine = alice.client.transfers()[transfers];
      if (mine?.state !== "done") await alice.client.sendFile("bob", path, first);
    });
    await dying;
    dying = null;
    const second = killAt(random.whole(SIZE));
    await insist(() => Array.fromAsync(bob.client.receive(`${temp.path}/out`, second)));
    await dying;
    dying = null;
  }
  await insist(() => Array.fromAsync(alice.client.receive("nowhere", () => {})));
  await insist(() => Array.fromAsync(bob.client.receive(`${temp.path}/out`, () => {})));
  await check(set);
  await server[Symbol.asyncDispose]();
});

Deno.test("file faults: the network cut at random bytes", async () => {
  const random = chance();
  console.log(`FC_SEED=${random.seed} tries the same bytes again`);
  await using temp = await tempFolder();
  await using server = await startServer();
  const set = await scene(temp.path, server.port);
  await using proxy = await BreakableProxy.open(server.port);
  await using alice = await openPerson(`${temp.path}/alice`, proxy.port);
  await using bob = await openPerson(`${temp.path}/bob`, proxy.port);
  let cuts = 0;
  let cutting = true;
  const cutAgain = () => {
    if (!cutting) return;
    proxy.breakAfter(random.whole(random.pick([2_000, 200_000, 8 * MiB])) + 1).then(() => {
      cuts++;
      cutAgain();
    });
  };
  cutAgain();
  for (let round = 0; round < 3; round++) {
    const path = await set.next();
    const transfers = alice.client.transfers().length;
    await insist(async () => {
      const mine = alice.client.transfers()[transfers];
      if (mine?.state !== "done") await alice.client.sendFile("bob", path);
    });
    await insist(() => Array.fromAsync(bob.client.receive(`${temp.path}/out`, () => {})));
  }
  cutting = false;
  await insist(() => Array.fromAsync(alice.client.receive("nowhere", () => {})));
  await insist(() => Array.fromAsync(bob.client.receive(`${temp.path}/out`, () => {})));
  assert(cuts >= 10, `${cuts} cuts`);
  await check(set);
});

/** Runs `file_mover.ts` under a limit: no file may grow beyond `size` bytes. */
async function moveWithin(size: number, args: string[]): Promise<string[]> {
  const script = `trap "" XFSZ; ulimit -f ${size / 512}; exec "$@"`;
  const mover = new URL("../support/fault/file_mover.ts", import.meta.url).href;
  const command = [Deno.execPath(), "run", "-A", "--no-check", mover, ...args];
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", script, "sh", ...command],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  assertEquals(code, 0, decoder.decode(stderr));
  return decoder.decode(stdout).split("\n").slice(0, -1);
}

Deno.test("file faults: a receiver's full disk is reported, the file resumes later", async () => {
  await using temp = await tempFolder();
  await using server = await startServer();
  const set = await scene(temp.path, server.port);
  const port = String(server.port);
  await move(["send", `${temp.path}/alice`, port, await set.next()]);
  const receive = ["receive", `${temp.path}/bob`, port, `${temp.path}/out`];
  const full = await moveWithin(10 * MiB, receive);
  assertEquals(full.filter((line) => /^[a-z]/.test(line)), ["start", "problem file", "end"]);
  const rest = await move(receive);
  const first = rest.findIndex((line) => /^\d+$/.test(line));
  assert(Number(rest[first]) > 9 * MiB, `it began at ${rest[first]}`);
  await check(set);
});

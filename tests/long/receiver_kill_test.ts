/** A receiving client that is killed at any moment loses nothing and leaves nothing in part. */
import type { Client } from "../../client/client.ts";
import { Profile } from "../../client/profile/profile.ts";
import { networkOf } from "../support/client/network.ts";
import { equalBytes } from "../../shared/bytes.ts";
import { MiB } from "../../shared/limits.ts";
import { assert, assertEquals } from "../support/assert.ts";
import {
  type ClientProcess,
  Person,
  type ReceivedJson,
  startClient,
  withoutProgress,
} from "../support/client_process.ts";
import { sampleBytes } from "../support/pieces.ts";
import { startServer } from "../support/server_process.ts";
import { until } from "../support/until.ts";
import { newClient } from "../support/new_client.ts";

/** At least; more if no process has died in the middle. */
const ROUNDS = 10;
const TEXTS = 44;
const FILES = 6;
/** Longest life of a client that is killed by the clock, in milliseconds. */
const LATEST = 300;

const seed = Number(Deno.env.get("FC_SEED") ?? crypto.getRandomValues(new Int32Array(1))[0] | 1);
const random = numbers(seed);

/** Numbers from 0 to 1 that look random and depend on `seed` alone. */
function* numbers(seed: number): Generator<number, never> {
  const bytes = sampleBytes(4096, seed);
  for (let at = 0;; at = (at + 2) % bytes.length) yield (bytes[at] << 8 | bytes[at + 1]) / 65536;
}

/** What Alice sends: its name is the text, or the content of the file begins with it. */
interface Sent {
  id: number;
  text?: string;
  file?: Uint8Array<ArrayBuffer>;
}

/** Sends the messages of one round, texts and files mixed. */
async function sendRound(alice: Client, folder: string, round: number): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (let i = 0; i < TEXTS + FILES; i++) {
    if (i % 8 === 3) {
      const file = sampleBytes(Math.floor(1 + random.next().value * 400_000), round * 100 + i + 1);
      const path = `${folder}/outgoing`;
      await Deno.writeFile(path, file);
      sent.push({ id: (await alice.sendFile("bob", path, () => {})).message, file });
    } else {
      const text = `round ${round}, text ${i}`;
      sent.push({ id: (await alice.sendText("bob", text)).message, text });
    }
  }
  return sent;
}

/** Receives until `death`, which kills the process. Returns what it had printed. */
async function receive(
  bob: Person,
  death: (client: ClientProcess) => Promise<void> = () => Promise.resolve(),
): Promise<ReceivedJson[]> {
  const client = startClient(bob.args("--json", "receive", "--out", bob.out));
  await death(client);
  const { code, signal, stdout, stderr } = await client.outcome();
  assert(code === 0 || signal === "SIGKILL", `exit code ${code}: ${stderr}`);
  assertEquals(withoutProgress(stderr), "");
  return stdout.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

/** Death after some time: mostly before the first line, while messages are collected. */
async function byTheClock(client: ClientProcess): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, LATEST * random.next().value));
  client.kill("SIGKILL");
}

/** Death after some lines: while messages are opened. */
async function byTheLine(client: ClientProcess): Promise<void> {
  const lines = 1 + Math.floor(TEXTS * random.next().value);
  let ended = false;
  const outcome = client.outcome().then(() => ended = true);
  await until("the client has printed so many lines, or all", () => {
    return ended || client.output.stdout.split("\n").length > lines;
  });
  client.kill("SIGKILL");
  await outcome;
}

/** Every message arrived as it was sent, and only what was being printed came twice. */
function check(sent: Sent[], runs: ReceivedJson[][]): void {
  const seen = new Map<number, ReceivedJson>();
  let last: number | undefined;
  for (const run of runs) {
    const again = run.filter(({ message }) => seen.has(message)).map(({ message }) => message);
    assert(again.every((message) => message === last), `came again: ${again}, after ${last}`);
    for (const received of run) seen.set(received.message, received);
    last = run.at(-1)?.message ?? last;
  }
  const lost = sent.filter(({ id }) => !seen.has(id)).map(({ id }) => id);
  assertEquals(lost, [], "lost messages");
  for (const { id, text, file } of sent) {
    const received = seen.get(id)!;
    if (text !== undefined) assertEquals(received.text, text);
    if (file !== undefined) {
      assert(equalBytes(Deno.readFileSync(received.path!), file), `file ${id}`);
    }
  }
}

Deno.test("client kill: at random moments of receiving, nothing is lost or in part", async () => {
  console.log(`seed ${seed}: FC_SEED=${seed} tries the same moments again`);
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice");
  await using bob = await Person.register(server.address, "bob");
  using profile = await Profile.open(alice.folder);
  const sender = newClient(
    profile,
    networkOf(profile, server.port),
  );

  const sent: Sent[] = [];
  const runs: ReceivedJson[][] = [];
  const middle = () => runs.some((run) => run.length > 0 && run.length < TEXTS);
  for (let round = 0; round < ROUNDS || !middle(); round++) {
    sent.push(...await sendRound(sender, alice.folder, round));
    for (const death of [byTheClock, byTheClock, byTheLine]) runs.push(await receive(bob, death));
  }
  runs.push(await receive(bob));
  check(sent, runs);
  assertEquals(await receive(bob), []);

  // A file may be there twice, if the process was killed before it could say so; never in part.
  const files = sent.flatMap(({ file }) => file ?? []);
  for (const { name } of Deno.readDirSync(bob.out)) {
    const content = Deno.readFileSync(`${bob.out}/${name}`);
    assert(files.some((file) => equalBytes(file, content)), `${name} is not what was sent`);
  }
  assertEquals([...Deno.readDirSync(`${bob.folder}/incoming`)], []);
});

Deno.test("client kill: when all has come and is not yet safe on the disk", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice");
  await using bob = await Person.register(server.address, "bob");
  const file = sampleBytes(16 * MiB);
  const path = `${alice.folder}/file`;
  await Deno.writeFile(path, file);
  const incoming = `${bob.folder}/incoming`;
  for (let round = 0; round < 4; round++) {
    await alice.json("send", "bob", "before the file");
    await alice.json("send-file", "bob", path);
    let ended = false;
    const first = await receive(bob, async (client) => {
      const outcome = client.outcome().then(() => ended = true);
      await until("the last byte has been written", () => {
        const names = ended ? [] : [...Deno.readDirSync(incoming)].map(({ name }) => name);
        return ended || names.some((name) => sizeOf(`${incoming}/${name}`) > file.length);
      });
      client.kill("SIGKILL");
      await outcome;
    });
    // What was being printed may come again.
    const all = new Map([...first, ...await receive(bob)].map((one) => [one.message, one]));
    const received = [...all.values()].filter(({ type }) => type !== "key");
    assertEquals(received.map(({ type }) => type), ["text", "file"]);
    assert(equalBytes(await Deno.readFile(received[1].path!), file));
  }
});

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0; // gone in the meantime
  }
}

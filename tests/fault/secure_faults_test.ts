/**
 * Deliveries under faults. 200 rounds in all: the server's process is killed 25 times, the
 * receiver's 25 times, and 150 times every connection is reset, after so and so many bytes. All
 * comes in a random order and at random moments, while a sender sends without a pause: texts, and
 * files that the server keeps outside of its database.
 */
import { Database } from "@db/sqlite";
import { assert, assertEquals } from "../assert.ts";
import { type ServerProcess, startServer } from "../server_process.ts";
import { tempFolder } from "../temp_folder.ts";
import { until } from "../until.ts";
import { BreakableProxy } from "./breakable_proxy.ts";
import { type Chance, chance } from "./chance.ts";
import { FollowingReceiver, type Line, type Run } from "./following_receiver.ts";
import { type Acknowledged, digest, NumberedSender } from "./numbered_sender.ts";
import { newPerson } from "./person.ts";

const ROUNDS = { "kill server": 25, "kill receiver": 25, "reset connections": 150 };
type Fault = keyof typeof ROUNDS;

/** Longest wait, once things work again, before the next fault, in milliseconds. */
const LONGEST_PEACE = 60;
/** Most bytes that pass before connections are reset: a few messages. */
const MOST_BYTES = 200_000;

interface EnvelopeRow {
  message: number;
  state: string;
}

function envelopesOf(profile: string): EnvelopeRow[] {
  const database = new Database(`${profile}/profile.db`);
  try {
    return database.prepare("SELECT message, state FROM envelopes ORDER BY number").all();
  } finally {
    database.close();
  }
}

/** The rounds in a random order. */
function plan({ shuffled }: Chance): Fault[] {
  const kinds = Object.keys(ROUNDS) as Fault[];
  return shuffled(kinds.flatMap((kind) => Array.from({ length: ROUNDS[kind] }, () => kind)));
}

/** Bytes until a reset: as often few, inside of a handshake or a short message, as many. */
function someBytes({ whole }: Chance): number {
  return 1 + whole(Math.round(MOST_BYTES ** ((1 + whole(100)) / 100)));
}

/** A repeat is the line that was in flight when the process was killed, or there is none. */
function checkLines(runs: readonly Run[]): void {
  let last = 0;
  for (const { lines } of runs) {
    for (const [i, { message }] of lines.entries()) {
      const isRepeat = i === 0 && message === last;
      assert(message > last || isRepeat, `line ${message} after line ${last}`);
      last = message;
    }
  }
}

async function checkContents(acknowledged: readonly Acknowledged[], lines: readonly Line[]) {
  const shown = Map.groupBy(lines, ({ message }) => message);
  for (const { message, type, content } of acknowledged) {
    const copies = shown.get(message) ?? [];
    assert(copies.length > 0, `message ${message} was shown`);
    for (const line of copies) {
      assertEquals(line.type, type);
      const got = line.path === undefined
        ? line.text
        : await digest(await Deno.readFile(line.path));
      assertEquals(got, content, `message ${message} is the one that was sent`);
    }
  }
}

Deno.test("200 faults: every acknowledged message arrives exactly once, in order", async () => {
  const random = chance();
  console.log(`seed ${random.seed}`);
  await using folder = await tempFolder();
  const data = `${folder.path}/server`;
  await using stack = new AsyncDisposableStack();
  let server: ServerProcess = await startServer({ data });
  stack.defer(() => server[Symbol.asyncDispose]());
  const proxy = stack.use(await BreakableProxy.open(server.port));
  const profile = `${folder.path}/bob`;
  await (await newPerson(profile, "bob", proxy.port))[Symbol.asyncDispose]();
  const alice = stack.use(await newPerson(`${folder.path}/alice`, "alice", proxy.port));
  const out = `${folder.path}/received`;
  const receiver = stack.use(new FollowingReceiver({ profile, out, port: proxy.port }));
  receiver.start();
  const sender = new NumberedSender(alice, "bob", () => receiver.lastShown, random);

  const faults: Record<Fault, () => Promise<void>> = {
    async "kill server"() {
      await server.kill("SIGKILL");
      server = await startServer({ data });
      proxy.target = server.port;
    },
    async "kill receiver"() {
      await receiver.kill();
      receiver.start();
    },
    async "reset connections"() {
      await proxy.breakAfter(someBytes(random));
    },
  };
  for (const fault of plan(random)) {
    // Something has to be going on for a fault to hit it.
    const [sent, shown] = [sender.acknowledged.length, receiver.lastShown];
    await until("a message was acknowledged", () => sender.acknowledged.length > sent);
    await until("a message was shown", () => receiver.lastShown > shown);
    await new Promise((resolve) => setTimeout(resolve, random.whole(LONGEST_PEACE)));
    await faults[fault]();
  }
  await sender.stop();
  const { acknowledged, unknown } = sender;
  const lastOne = acknowledged[acknowledged.length - 1].message;
  await until("the last message was shown", () => receiver.lastShown >= lastOne);
  await receiver.kill();
  assertEquals(await receiver.drain(), 0);
  console.log(`${acknowledged.length} messages acknowledged, of ${unknown} nobody knows`);

  checkLines(receiver.runs);
  await checkContents(acknowledged, receiver.runs.flatMap(({ lines }) => lines));
  const stored = envelopesOf(profile);
  const arrived = stored.filter(({ state }) => state === "done").map(({ message }) => message);
  assertEquals(arrived, [...new Set(arrived)].sort((a, b) => a - b));
  const ids = new Set(acknowledged.map(({ message }) => message));
  assertEquals(arrived.filter((message) => ids.has(message)), [...ids]);
  // Nothing else is there but what its sender gave up without an answer.
  assert(stored.length - ids.size <= unknown, `${stored.length} messages are there`);
});

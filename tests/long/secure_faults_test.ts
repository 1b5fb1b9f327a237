/**
 * Deliveries under faults, in 200 rounds. The server's process is killed 25 times, the receiver's
 * 25 times, and 150 times every connection is reset after some number of bytes. The order and the
 * moments are random, while a sender sends without a pause: texts, and files that the server keeps
 * outside its database.
 */
import type { HistoryEntry } from "../../client/profile/tables/history_entry.ts";
import { Profile } from "../../client/profile/profile.ts";
import type { Bytes } from "../../shared/bytes.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { type ServerProcess, startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { until } from "../support/until.ts";
import { BreakableProxy } from "../support/proxies/breakable_proxy.ts";
import { type Chance, chance } from "../support/fault/chance.ts";
import { FollowingReceiver, type Line, type Run } from "../support/fault/following_receiver.ts";
import { type Acknowledged, digest, NumberedSender } from "../support/fault/numbered_sender.ts";
import { newPerson, openPerson } from "../support/fault/person.ts";

const ROUNDS = { "kill server": 25, "kill receiver": 25, "reset connections": 150 };
type Fault = keyof typeof ROUNDS;

/** Longest wait, once things work again, before the next fault, in milliseconds. */
const LONGEST_PEACE = 60;
/** Most bytes that pass before connections are reset: a few messages. */
const MOST_BYTES = 200_000;

/** All that the profile in `folder` has received from the client with this ID, in its order. */
async function receivedBy(folder: string, from: Bytes): Promise<HistoryEntry[]> {
  using profile = await Profile.open(folder);
  return [...profile.history.list(from)].filter(({ sent }) => !sent);
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

/**
 * A repeat is the line that was in flight when the process was killed, or there is none. Texts come
 * in their order; files, which take longer, when they are whole.
 */
function checkLines(runs: readonly Run[]): void {
  const seen = new Set<number>();
  let [inFlight, last] = [0, 0];
  for (const { lines } of runs) {
    for (const { message, type } of lines) {
      const isRepeat = message === inFlight;
      assert(!seen.has(message) || isRepeat, `line ${message} came again`);
      seen.add(message);
      if (type !== "text" || isRepeat) continue;
      assert(message > last, `line ${message} after line ${last}`);
      last = message;
    }
    inFlight = lines.at(-1)?.message ?? inFlight;
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
  {
    await using bob = await openPerson(profile, proxy.port);
    await bob.client.contactBook.setAlias("alice", "alice"); // files of strangers only wait
  }
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
  await alice.client.sendText("bob", "the end"); // behind all that was kept
  const { acknowledged, queued, unknown } = sender;
  await until("the last message was shown", () => receiver.lastText === "the end");
  await receiver.kill();
  assertEquals(await receiver.drain(), 0);
  console.log(
    `${acknowledged.length} messages acknowledged, ${queued.length} later, ${unknown} unknown`,
  );

  checkLines(receiver.runs);
  await checkContents(acknowledged, receiver.runs.flatMap(({ lines }) => lines));
  const entries = await receivedBy(profile, alice.client.whoami().id);
  const arrived = entries.map(({ messageId }) => messageId ?? 0);
  assertEquals(arrived, [...new Set(arrived)].sort((a, b) => a - b));
  const ids = new Set(acknowledged.map(({ message }) => message));
  assertEquals(arrived.filter((message) => ids.has(message)), [...ids]);
  // The only others are texts whose sender got no answer: sent later, each once,
  // and files.
  const texts = entries.flatMap(({ body }) => "text" in body ? [body.text] : []);
  assertEquals(new Set(texts).size, texts.length);
  assert([...queued].every((text) => texts.includes(text)), "a text that was kept went out");
  assert(arrived.length - ids.size - 1 <= unknown, `${arrived.length} messages are there`);
});

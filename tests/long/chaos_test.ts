/** A minute of strangers who do what they can, while two friends write to each other. */
import { assert, assertEquals } from "../support/assert.ts";
import { VANDALS } from "../support/attack/vandals.ts";
import { chance } from "../support/fault/chance.ts";
import { FollowingReceiver } from "../support/fault/following_receiver.ts";
import { digest, NumberedSender } from "../support/fault/numbered_sender.ts";
import { newPerson } from "../support/fault/person.ts";
import { openSockets, PROCESS_FACTS, residentMemory } from "../support/process_facts.ts";
import { startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { until } from "../support/until.ts";
import { MiB } from "../../shared/limits.ts";

/** How long new vandals come, in milliseconds. */
const DURATION = 60_000;
/** Vandals at a time. */
const AT_ONCE = 8;
/** What the server may grow by: its budget for buffers, and what its heap keeps for later. */
const GROWTH = 700 * MiB;
/** Lines of its log: a few for each kind of trouble. */
const LINES = 300;

Deno.test("chaos: for a minute on the port, and two friends notice nothing", async () => {
  const random = chance();
  console.log(`FC_SEED=${random.seed}`);
  await using temp = await tempFolder();
  // All come from this address, which counts for nobody here.
  await using server = await startServer({ args: ["--exempt", "127.0.0.1"] });
  const { port, pid } = server;
  await using alice = await newPerson(`${temp.path}/alice`, "alice", port);
  const bobFolder = `${temp.path}/bob`;
  const bobId = await (async () => {
    await using bob = await newPerson(bobFolder, "bob", port);
    // The files of a stranger would wait.
    await bob.client.contactBook.add(alice.client.contactBook.card());
    return bob.client.whoami().id;
  })();
  const out = `${temp.path}/received`;
  await using bob = new FollowingReceiver({ profile: bobFolder, out, port });
  bob.start();
  const sender = new NumberedSender(alice, "bob", () => bob.lastShown, random);
  await until("bob has something", () => bob.lastShown > 0);
  const memory = PROCESS_FACTS ? await residentMemory(pid) : 0;
  const sockets = PROCESS_FACTS ? await openSockets(pid) : 0;

  const counts: Record<string, { came: number; finished: number }> = {};
  const all = Object.entries(VANDALS);
  const first = random.shuffled(all); // each comes, however slow the machine
  const end = performance.now() + DURATION;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (performance.now() < end || first.length > 0) {
      const [name, vandal] = first.pop() ?? random.pick(all);
      const count = counts[name] ??= { came: 0, finished: 0 };
      count.came++;
      await vandal({ port, victims: [bobId], chance: random }).then(
        () => count.finished++,
        () => {}, // the server has had enough of it
      );
    }
  }));
  for (const [name, { came, finished }] of Object.entries(counts)) {
    console.log(`${name}: ${came} times, ${finished} to the end`);
  }
  assertEquals(Object.keys(counts).sort(), Object.keys(VANDALS).sort(), "all have come");

  await sender.stop();
  const { acknowledged, unknown } = sender;
  console.log(`${acknowledged.length} messages acknowledged, ${unknown} not`);
  assertEquals(unknown, 0, "messages that were not acknowledged at once");
  await until("bob has all", () => bob.shown.length >= acknowledged.length).catch((cause) => {
    const heard = `${bob.shown.length} messages; he says: ${bob.runs[0].stderr.slice(-2000)}`;
    throw new Error(`bob has ${heard}`, { cause });
  });
  await bob.stop();
  assertEquals(await bob.drain(), 0);
  const texts = bob.shown.filter(({ type }) => type === "text").map(({ text }) => text);
  const sentTexts = acknowledged.filter(({ type }) => type === "text");
  assertEquals(texts, sentTexts.map(({ content }) => content), "texts: once, and in order");
  // A file is shown when it is fetched, texts pass it.
  const paths = bob.shown.flatMap(({ path }) => path ?? []);
  const files = await Promise.all(paths.map(async (path) => digest(await Deno.readFile(path))));
  const sentFiles = acknowledged.filter(({ type }) => type === "file");
  assertEquals(files.sort(), sentFiles.map(({ content }) => content).sort(), "files: once");

  if (PROCESS_FACTS) {
    const grown = await residentMemory(pid) - memory;
    assert(grown < GROWTH, `the server grew by ${grown} bytes`);
    await until("their connections are closed", async () => await openSockets(pid) <= sockets);
  }
  const { code, stderr } = await server.stop();
  assertEquals(code, 0);
  const lines = stderr.split("\n").length;
  assert(lines < LINES, `the log has ${lines} lines`);
  assert(!/"level":"(ERROR|FATAL)"/i.test(stderr), stderr.slice(0, 2000));
});

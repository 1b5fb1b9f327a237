/** How fast the chat is with a long history, and under load: `deno task bench:chat`. Needs tmux. */
import { Profile } from "../../client/profile/profile.ts";
import { lockHolder } from "../../client/disk/private_file.ts";
import { assertEquals } from "../support/assert.ts";
import { CHEAP } from "../support/profile/full_profile.ts";
import { Person, startClient } from "../support/client_process.ts";
import { cpuTime, residentMemory } from "../support/process_facts.ts";
import { startServer } from "../support/server_process.ts";
import { Terminals } from "../support/tmux.ts";
import { until } from "../support/until.ts";
import { Writer } from "./chat_writer.ts";
import { medianOf } from "./measure.ts";
import { typeKeys, typeLines, Written } from "./typist.ts";

/** Messages of the history; the argument counts if there is one. */
const MESSAGES = Number(Deno.args[0] ?? 100_000);
const ROUNDS = 5;
/** Messages that come in a second, and in all. */
const INCOMING = 200;
const COUNT = INCOMING * 10;

const sleep = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

/** Puts messages to Bob, which are read by nature, into the history of Alice. */
async function fill(folder: string): Promise<void> {
  await using profile = await Profile.open(folder, CHEAP);
  const peer = profile.contacts.byName("bob")?.id;
  if (!peer) throw new Error("there is no bob");
  const now = Date.now();
  profile.transaction(() => {
    for (let number = 1; number <= MESSAGES; number++) {
      const at = now - (MESSAGES - number) * 1000;
      const contentId = crypto.getRandomValues(new Uint8Array(16));
      const body = { text: `text ${number}` };
      profile.history.addSent({ peer, at, stored: at, contentId, body });
    }
  });
}

function latency(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const worst = sorted[Math.floor(sorted.length * 0.99)];
  return `median ${medianOf(times).toFixed(0)} ms, p99 ${worst.toFixed(0)} ms`;
}

if (import.meta.main) {
  const say = (text: string) => console.log(text);
  await using terminals = await Terminals.open();
  if (!terminals) throw new Error("bench:chat needs tmux");
  await using server = await startServer({ args: ["--exempt", "127.0.0.1"] });
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  await alice.json("send", "bob", "hello Bob");
  await bob.json("receive");
  await bob.json("send", "alice", "hello Alice");
  await alice.json("receive");
  console.error(`writing ${MESSAGES} messages into a profile…`);
  await fill(alice.folder);
  const holder = async () => {
    const pid = await lockHolder(`${alice.folder}/profile.lock`);
    if (pid === undefined) throw new Error("nobody has the profile");
    return pid;
  };
  const memory = async () => `${(await residentMemory(await holder()) / 2 ** 20).toFixed(0)} MiB`;
  say(`load of the machine: ${Deno.loadavg().map((load) => load.toFixed(1)).join(" ")}`);

  const [drawn, started]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    const begun = performance.now();
    const pane = await terminals.client(alice.args("chat", "bob"));
    const written = new Written(pane);
    const switched = await written.has("\x1b[?1049h");
    const shown = await written.has(`text ${MESSAGES}`);
    drawn.push(shown - switched);
    started.push(shown - begun);
    await pane.key("C-q");
    await pane.exitCode();
  }
  say(
    `opening ${MESSAGES} messages, from the switch of the screen to the first conversation: ` +
      `median ${medianOf(drawn).toFixed(0)} ms of ${drawn.map((ms) => ms.toFixed(0)).join(", ")}`,
  );
  say(`with the start of the process: median ${medianOf(started).toFixed(0)} ms`);

  let pane = await terminals.client(alice.args("chat", "bob"));
  await pane.waitFor("● connected");
  say(`chat, memory: ${await memory()}`);
  let seconds = 0;
  say(`key to echo: ${latency(await typeKeys(pane, () => seconds++ < 3))}, none dropped`);

  await using writer = new Writer(bob.args("daemon", "--stdio"));
  const onScreen = (text: string) =>
    until(`the screen has ${text}`, async () => (await pane.screen()).includes(text), 50);
  /**
   * Does `work` while messages come that begin with `what`. Counts from `begun`, when the chat was
   * started, or else from the first message on.
   */
  const whileComing = async (
    what: string,
    work: (coming: () => boolean) => Promise<string>,
    begun?: number,
  ) => {
    await onScreen(`${what} `);
    const [first, cpu] = [begun ?? performance.now(), begun ? 0 : await cpuTime(await holder())];
    let last = 0;
    const coming = onScreen(`${what} ${COUNT}.`).then(() => last = performance.now());
    const done = await work(() => last === 0);
    await coming;
    const share = (await cpuTime(await holder()) - cpu) / (performance.now() - first);
    const rate = COUNT / (last - first) * 1000;
    const busy = `the chat took ${(share * 100).toFixed(0)} % of a core`;
    say(`${what}: ${COUNT} messages came, ${rate.toFixed(0)} a second; ${busy}; ${done}`);
  };
  const keysTyped = async (coming: () => boolean) => {
    const times = await typeKeys(pane, coming);
    return `${times.length} keys were typed, none dropped: ${latency(times)}`;
  };
  let writing = writer.write("alice", "live", COUNT, INCOMING);
  await whileComing("live", keysTyped);
  await writing;

  const lines: string[] = [];
  writing = writer.write("alice", "with lines", COUNT, INCOMING);
  await whileComing("with lines", async (coming) => {
    const begun = performance.now();
    lines.push(...await typeLines(pane, coming));
    const rate = lines.length / (performance.now() - begun) * 1000;
    return `${lines.length} lines were typed and sent, ${rate.toFixed(0)} a second`;
  });
  await writing;
  await onScreen(`line ${lines.length} `); // then it is kept
  say(`chat then, memory: ${await memory()}`);
  await pane.key("C-q");
  await pane.exitCode();

  const entries = await alice.json<{ text: string; direction: string; state: string }>(
    ...["history", "bob", "--last", `${COUNT + 2 * lines.length}`],
  );
  const kept = entries.filter(({ text, direction, state }) => {
    return direction === "sent" && state !== "failed" && text?.startsWith("line ");
  });
  assertEquals(kept.map(({ text }) => text), lines);
  say("all lines are in the history, in their order, with all their letters");

  // What comes at once shows what the chat can do by itself: nobody writes meanwhile.
  await writer.write("alice", "backlog", COUNT, Infinity);
  const begun = performance.now();
  pane = await terminals.client(alice.args("chat", "bob"));
  await whileComing("backlog", keysTyped, begun);
  await pane.key("C-q");
  await pane.exitCode();

  await using engine = startClient(alice.args("daemon"));
  await until("it serves", async () => (await alice.run(["status"])).stdout.includes("engine"));
  await sleep(3000);
  say(`idle engine, memory: ${await memory()}`);
  engine.kill("SIGTERM");
  await engine.outcome();
}

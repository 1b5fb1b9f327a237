/** How fast the chat is with a long history: `deno task bench:chat`. Needs tmux. */
import { Profile } from "../../client/profile/profile.ts";
import { lockHolder } from "../../client/disk/private_file.ts";
import { CHEAP } from "../support/profile/full_profile.ts";
import { Person, startClient } from "../support/client_process.ts";
import { residentMemory } from "../support/process_facts.ts";
import { startServer } from "../support/server_process.ts";
import { type Pane, Terminals } from "../support/tmux.ts";
import { until } from "../support/until.ts";
import { medianOf } from "./measure.ts";

const MESSAGES = 100_000;
const ROUNDS = 5;
/** What is typed in a second. */
const KEYS = "αβγδεζηθικλμνξοπρστυ"; // in no sequence of a terminal
const SECONDS = 3;
/** Between two looks at what a program has written, in milliseconds. */
const LOOK = 4;

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

/** What a program writes on its terminal, as it comes. */
class Written {
  #text = "";
  constructor(private readonly pane: Pane) {}

  get length(): number {
    return this.#text.length;
  }

  /** Waits until `text` is in what was written behind `from`. Returns when that was. */
  async has(text: string, from = 0): Promise<number> {
    await until(`it writes ${text}`, async () => {
      this.#text = new TextDecoder().decode(await this.pane.written());
      return this.#text.indexOf(text, from) >= 0;
    }, LOOK);
    return performance.now();
  }
}

/**
 * Types the keys at their pace, in so many seconds. Returns for each how long it took, in
 * milliseconds, until the input was drawn with it; so no key is dropped.
 */
async function type(pane: Pane, written: Written, seconds: number): Promise<number[]> {
  const times: number[] = [];
  for (let second = 0; second < seconds; second++) {
    const begun = performance.now();
    const echoes: Promise<number>[] = [];
    for (let at = 0; at < KEYS.length; at++) {
      await sleep(Math.max(0, begun + at * 1000 / KEYS.length - performance.now()));
      const typed = performance.now();
      const from = written.length;
      await pane.type(KEYS[at]);
      echoes.push(written.has(KEYS[at], from).then((seen) => seen - typed));
    }
    times.push(...await Promise.all(echoes));
    await pane.key("C-u");
    await sleep(200); // nothing of it is drawn any more
  }
  return times;
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
  const memory = async () => {
    const pid = await lockHolder(`${alice.folder}/profile.lock`);
    if (pid === undefined) throw new Error("nobody has the profile");
    return `${(await residentMemory(pid) / 2 ** 20).toFixed(0)} MiB`;
  };
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

  const pane = await terminals.client(alice.args("chat", "bob"));
  const written = new Written(pane);
  await pane.waitFor("● connected");
  say(`chat, memory: ${await memory()}`);
  say(`key to echo: ${latency(await type(pane, written, SECONDS))}; no key was dropped`);
  await pane.key("C-q");
  await pane.exitCode();

  await using engine = startClient(alice.args("daemon"));
  await until("it serves", async () => (await alice.run(["status"])).stdout.includes("engine"));
  await sleep(3000);
  say(`idle engine, memory: ${await memory()}`);
  engine.kill("SIGTERM");
  await engine.outcome();
}

/**
 * Key agreement in every order: whatever two people do about keys before they write, and whichever
 * keys they lose, they can read each other afterwards. The server is a real process. The clients
 * run inside the test, because there are thousands of steps.
 */
import type { Client } from "../../client/client.ts";
import type { Received } from "../../client/inbox/received.ts";
import { Profile } from "../../client/profile/profile.ts";
import { networkOf } from "../support/client/network.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { type ServerProcess, startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { newClient } from "../support/new_client.ts";

class Friend implements Disposable {
  /** Everything that has come. */
  readonly received: Received[] = [];
  /** The texts that were sent. */
  readonly written: string[] = [];
  #profile: Profile;
  #client: Client;

  private constructor(readonly name: string, readonly port: number, profile: Profile) {
    this.#profile = profile;
    this.#client = newClient(profile, networkOf(profile, port));
  }

  static async register(server: ServerProcess, folder: string, name: string): Promise<Friend> {
    const profile = await Profile.open(`${folder}/${name}`);
    const friend = new Friend(name, server.port, profile);
    await friend.#client.register(name, { classic: true });
    return friend;
  }

  /** One of the steps of {@link STEPS}. */
  async do(step: string, other: Friend): Promise<void> {
    switch (step) {
      case "asks":
        return void await this.#client.requestKey(other.name);
      case "gives":
        return void await this.#client.sendKey(other.name);
      case "writes":
        this.written.push(`${this.name}, ${this.written.length}`);
        return void await this.#client.sendText(other.name, this.written.at(-1)!);
      case "polls":
        this.received.push(...await Array.fromAsync(this.#client.receive("", () => {})));
        return;
      case "forgets": {
        const { folder } = this.#profile;
        this[Symbol.dispose]();
        for (const end of ["", "-wal", "-shm"]) {
          await Deno.remove(`${folder}/profile.db${end}`).catch(() => {});
        }
        this.#profile = await Profile.open(folder);
        this.#client = newClient(this.#profile, networkOf(this.#profile, this.port));
        return;
      }
      default:
        throw new Error(`there is no step "${step}"`);
    }
  }

  /** The texts that have come. */
  texts(): string[] {
    return this.received.flatMap((received) => received.type === "text" ? [received.text] : []);
  }

  [Symbol.dispose](): void {
    this.#profile[Symbol.dispose]();
  }
}

const STEPS = ["asks", "gives", "writes", "polls"];
let pairs = 0;

/** Two new people, who do `steps`, each as "A gives" or "B polls". */
async function play(server: ServerProcess, folder: string, steps: string[]) {
  const pair = ++pairs;
  using a = await Friend.register(server, folder, `alice ${pair}`);
  using b = await Friend.register(server, folder, `bob ${pair}`);
  for (const step of steps) {
    const [who, what] = step.split(" ");
    await (who === "A" ? a.do(what, b) : b.do(what, a));
  }
  return { a, b };
}

/**
 * After `steps` both write, and both poll. Everything that was ever written must have arrived in
 * order, without an error.
 */
async function everythingArrives(server: ServerProcess, folder: string, steps: string[]) {
  const end = ["A writes", "B writes", "A polls", "B polls", "A polls"];
  const { a, b } = await play(server, folder, [...steps, ...end]);
  const told = steps.join(", ");
  assertEquals([a.texts(), b.texts()], [b.written, a.written], told);
  for (const { type } of [...a.received, ...b.received]) assert(type !== "problem", told);
}

/** All orders of two steps. By symmetry A does the first, which cannot be a poll of nothing. */
function orders(): string[][] {
  const first = STEPS.filter((step) => step !== "polls").map((step) => `A ${step}`);
  const second = ["A", "B"].flatMap((who) => STEPS.map((step) => `${who} ${step}`));
  return first.flatMap((one) => second.map((two) => [one, two]));
}

Deno.test("key orders: whatever two steps come before, everything written arrives", async () => {
  await using server = await startServer();
  await using temp = await tempFolder();
  const all = orders();
  assertEquals(all.length, 3 * 8);
  await Promise.all(all.map((steps) => everythingArrives(server, temp.path, steps)));
});

const CROSSING: Record<string, string[]> = {
  "both give before either polls": ["A gives", "B gives", "A polls", "B polls"],
  "both ask before either polls": ["A asks", "B asks", "A polls", "B polls", "A polls"],
  "both ask, and both give unasked": [
    "A asks",
    "B asks",
    "A gives",
    "B gives",
    "B polls",
    "A polls",
  ],
  "both write before either polls": ["A writes", "B writes", "B polls", "A polls"],
  "one asks while the other gives": ["A asks", "B gives", "A polls", "B polls", "A polls"],
  "one asks, gets a key, and asks again": ["A asks", "B polls", "A polls", "A asks", "B polls"],
  "one gives again and again": ["A gives", "A gives", "B polls", "A gives", "B writes", "B polls"],
  "keys cross between texts": [
    ...["A writes", "B polls", "A gives", "B gives", "A writes", "B writes"],
    ...["B polls", "A polls", "A writes", "B writes"],
  ],
};

const LOST: Record<string, string[]> = {
  "one has lost all keys and asks": [
    "A writes",
    "B polls",
    "B forgets",
    "B asks",
    "A polls",
    "B polls",
  ],
  "one has lost all keys and gives": ["A writes", "B polls", "A forgets", "A gives", "B polls"],
  "one has lost all keys and writes": ["A writes", "B polls", "A forgets", "A writes", "B polls"],
  "both have lost all keys": [
    "A writes",
    "B polls",
    "B writes",
    "A polls",
    "A forgets",
    "B forgets",
  ],
  "keys were lost while they crossed": [
    ...["A gives", "B gives", "B forgets", "B polls", "A polls", "B gives", "A polls"],
  ],
};

for (const [name, orders] of Object.entries({ "keys cross": CROSSING, "keys are lost": LOST })) {
  Deno.test(`key orders: ${name}, and what comes after is read`, async () => {
    await using server = await startServer();
    await using temp = await tempFolder();
    const all = Object.values(orders);
    await Promise.all(all.map((steps) => everythingArrives(server, temp.path, steps)));
  });
}

Deno.test("key orders: a text under a lost key opens once the key comes again", async () => {
  await using server = await startServer();
  await using temp = await tempFolder();
  const { a, b } = await play(server, temp.path, [
    ...["A writes", "B polls", "B forgets", "A writes", "B polls", "B asks", "A polls", "B polls"],
  ]);
  assertEquals(b.received.map(({ type }) => type), ["key", "text", "problem", "key", "text"]);
  assertEquals(b.texts(), a.written);
});

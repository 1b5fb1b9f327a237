/** Sequences of steps in a {@link World}, tried at random. */
import fc from "fast-check";
import { runs } from "../fuzz.ts";
import { tempFolder } from "../temp_folder.ts";
import type { Fault } from "./faults.ts";
import { Faults } from "./faults.ts";
import { Profile } from "../../../client/profile/profile.ts";
import { Party } from "./party.ts";
import { type Account, PostOffice } from "./post_office.ts";
import { BEGIN, NAMES, type Selection, World } from "./world.ts";

/** Something that happens in a {@link World}. */
export type Step = (world: World) => void | Promise<void>;

const who = fc.constantFrom(0, 1, 0, 1, 2);
const pair = fc.constantFrom([0, 1], [1, 0], [0, 1], [1, 0], [0, 2], [2, 0], [2, 1]);
const pick = fc.nat({ max: 1000 });
const turns = fc.integer({ min: 2, max: 6 });
const days = fc.constantFrom(0.01, 1.1, 1.1);
const many = fc.integer({ min: 20, max: 40 });
const place = fc.nat({ max: 100_000 });
const fault: fc.Arbitrary<Fault | null> = fc.option(
  fc.record({
    at: fc.nat({ max: 7 }),
    kind: fc.constantFrom("crash-before", "crash-after", "disk", "unsent", "unanswered"),
  }),
  { freq: 2 },
);

/** `step` with random arguments, which a failure shows. */
function named<A extends unknown[]>(
  name: string,
  step: (world: World, ...args: A) => void | Promise<void>,
  ...args: { [K in keyof A]: fc.Arbitrary<A[K]> }
): fc.Arbitrary<Step> {
  return fc.tuple(...args).map((values) => {
    const run: Step = (world) => step(world, ...values as A);
    return Object.assign(run, { toString: () => `${name} ${fc.stringify(values)}` });
  });
}

/** What honest people do, and what happens to their machines and their network. */
const accidents = [
  weighed(8, named("send", (world, [from, to], fault) => world.send(from, to, fault), pair, fault)),
  weighed(8, receiving("all", "first")),
  weighed(3, named("talk", (world, ...args) => world.talk(...args), pair, turns, days, fault)),
  weighed(
    1,
    named(
      "send many",
      (world, [from, to], ...args) => world.send(from, to, ...args),
      pair,
      fault,
      many,
    ),
  ),
  weighed(1, named("wipe", (world, who) => world.wipe(who), who)),
  weighed(1, named("copy", (world, who) => world.copy(who), who)),
  weighed(1, named("restore", (world, who) => world.restore(who), who)),
  weighed(1, named("wait", (world, days) => world.wait(days), fc.constantFrom(0.01, 8, 40))),
  weighed(1, named("block", (world, [who, whom]) => world.block(who, whom), pair)),
];

/** What a server does that cannot be trusted. */
const attacks = [
  weighed(3, receiving("reversed", "some")),
  weighed(
    2,
    named("repeat", (world, ...args) => world.repeat(...args), who, pick, fc.boolean()),
  ),
  weighed(2, named("corrupt", (world, ...args) => world.corrupt(...args), who, pick, place)),
  weighed(1, named("garble", (world, ...args) => world.garble(...args), who, pick, place)),
  weighed(1, named("drop", (world, ...args) => world.drop(...args), who, pick)),
];

function receiving(...selections: Selection[]): fc.Arbitrary<Step> {
  const selection = fc.constantFrom(...selections);
  return named("receive", (world, ...args) => world.receive(...args), who, selection, pick, fault);
}

function weighed(weight: number, arbitrary: fc.Arbitrary<Step>): fc.WeightedArbitrary<Step> {
  return { weight, arbitrary };
}

/** Registers everyone in `folder`, with prekeys on the server. Returns their accounts. */
async function registerAll(folder: string): Promise<Account[]> {
  const accounts: Account[] = [];
  for (const name of NAMES) {
    using profile = await Profile.open(`${folder}/${name}`);
    const { id, publicKey } = await profile.prepareSecure(name);
    profile.registerSecure();
    accounts.push(PostOffice.account(name, id, publicKey));
  }
  const office = new PostOffice(accounts);
  for (const account of office.accounts) {
    const options = { office, account, faults: new Faults(), now: () => BEGIN };
    const party = new Party({
      ...options,
      folder: `${folder}/${account.name}`,
      onSealed: () => {},
    });
    await (await party.opened()).side.prepare();
    party.close();
  }
  return [...office.accounts];
}

/**
 * Tries `count` sequences of 4 to 14 steps, by honest people alone or with a server that attacks
 * them, and what must hold during and after each. Returns how often KEM secrets were mixed in.
 */
export async function trySequences(server: "honest" | "hostile", count: number): Promise<number> {
  const step = fc.oneof(...accidents, ...server === "hostile" ? attacks : []);
  const sequences = fc.array(step, { minLength: 4, maxLength: 14 });
  let kemRounds = 0;
  await withWorlds(async (tried) => {
    const property = fc.asyncProperty(sequences, async (steps) => {
      kemRounds += (await tried(steps)).kemRounds();
    });
    await fc.assert(property, runs(count));
  });
  return kemRounds;
}

/**
 * Has `use` try sequences of steps, each in a world of its own, and what must hold after each.
 * `tried` returns that world, which tells what has happened in it.
 */
export async function withWorlds(
  use: (tried: (steps: readonly Step[]) => Promise<World>) => Promise<void>,
): Promise<void> {
  await using temp = await tempFolder();
  const accounts = await registerAll(temp.path);
  const path = (name: string) => `${temp.path}/${name}/profile.db`;
  for (const name of NAMES) await Deno.copyFile(path(name), `${path(name)}.first`);
  await use(async (steps) => {
    for (const name of NAMES) await Deno.copyFile(`${path(name)}.first`, path(name));
    using world = new World(temp.path, accounts);
    for (const step of steps) await step(world);
    await world.heal();
    await world.check();
    return world;
  });
}

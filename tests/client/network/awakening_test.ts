/** Who follows connects at once after the machine slept, or when its network changes. */
import { AwakeningWatch } from "../../../client/network/awakening.ts";
import { parseAddress } from "../../../client/network/address.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { EvilServer } from "../../support/attack/evil_server.ts";
import { Party } from "../../support/attack/parties.ts";
import { FakeClock } from "../../support/client/fake_clock.ts";
import { networkOf } from "../../support/client/network.ts";
import { until } from "../../support/until.ts";

/** A machine that sleeps, and changes its network, when a test says so. */
class Machine {
  readonly clock = new FakeClock();
  network = "home";
  /** How long it has slept, in milliseconds; its steady clock stood still. */
  slept = 0;

  readonly surroundings = {
    clock: this.clock,
    network: () => this.network,
    now: () => this.clock.ticks() + this.slept,
  };
}

Deno.test("awakening: tells of sleep and of another network, each once", () => {
  const machine = new Machine();
  const heard: string[] = [];
  {
    using _watch = new AwakeningWatch(machine.surroundings, (change) => heard.push(change));
    machine.clock.advance(60_000);
    assertEquals(heard, []);
    machine.slept += 14_000;
    machine.clock.advance(60_000);
    assertEquals(heard, [], "a machine may be busy");
    machine.slept += 3_600_000;
    machine.clock.advance(60_000);
    assertEquals(heard, ["slept"]);
    machine.network = "train";
    machine.clock.advance(60_000);
    assertEquals(heard, ["slept", "network"]);
  }
  assertEquals(machine.clock.watchers, 0);
});

/** Bob, who follows on a machine. */
async function open(server: EvilServer) {
  const stack = new AsyncDisposableStack();
  const bob = stack.use(await Party.registered("bob", server.address));
  const machine = new Machine();
  const states: string[] = [];
  const waits: number[] = [];
  const network = networkOf(bob.profile, parseAddress(server.address, "the test"), {
    ...machine.surroundings,
    sleep: (milliseconds) => {
      waits.push(milliseconds);
      return new Promise(() => {}); // until it is woken up
    },
    onConnection: (state) => states.push(state),
  });
  stack.defer(() => network.close());
  let subscriptions = 0;
  const newReceiver = () => {
    subscriptions++;
    return {
      store: () => Promise.resolve(true),
      flush: () => Promise.resolve(),
      prekeysLow: () => {},
      stored: () => {},
    };
  };
  const following = network.secure!.follow(newReceiver).catch(() => {});
  stack.defer(() => following);
  await until("bob follows", () => server.follows(bob.profile.identity.id));
  return {
    ...{ bob, machine, states, waits, subscriptions: () => subscriptions },
    [Symbol.asyncDispose]: async () => {
      await network.close();
      await stack.disposeAsync();
    },
  };
}

Deno.test("awakening: a follower whose machine slept connects anew, without a word", async () => {
  await using server = new EvilServer();
  await using world = await open(server);
  const { machine, states, subscriptions } = world;
  machine.slept += 60_000;
  machine.clock.advance(5_000);
  await until("bob follows anew", () => subscriptions() === 2);
  await until("it is connected", () => states.at(-1) === "connected");
  assert(!states.includes("waiting"), `${states}`);
});

Deno.test("awakening: a follower that waits tries at once in another network", async () => {
  await using server = new EvilServer();
  await using world = await open(server);
  const { machine, states, waits, subscriptions } = world;
  server.cut();
  await until("bob waits", () => states.at(-1) === "waiting");
  assertEquals(waits.length, 1);
  machine.network = "train";
  machine.clock.advance(5_000);
  await until("bob is back", () => states.at(-1) === "connected");
  assertEquals([subscriptions(), waits.length], [2, 1]);
});

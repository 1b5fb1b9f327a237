/** A server that accepts and then says nothing: the user hears of it, and it is given up. */
import { ClientError } from "../../../client/errors.ts";
import { parseAddress } from "../../../client/network/address.ts";
import { SilenceWatch, unlessSilent } from "../../../client/network/silence.ts";
import { openClient } from "../../../client/open_client.ts";
import type { Client } from "../../../client/client.ts";
import { MiB } from "../../../shared/limits.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { EvilServer } from "../../support/attack/evil_server.ts";
import { Party } from "../../support/attack/parties.ts";
import { FakeClock } from "../../support/client/fake_clock.ts";
import { ONE_TIME_TARGET } from "../../support/new_client.ts";
import { CHEAP } from "../../support/profile/full_profile.ts";
import { StallingProxy } from "../../support/proxies/stalling_proxy.ts";
import { tempFolder } from "../../support/temp_folder.ts";
import { until } from "../../support/until.ts";

Deno.test("silence: told of once after 2 s, given up after 30, by the last byte", () => {
  const clock = new FakeClock();
  const heard: string[] = [];
  let due = false;
  const patience = { clock, onWait: () => heard.push("waits") };
  using watch = new SilenceWatch(patience, {
    waits: () => due,
    onSilent: () => heard.push("silent"),
  });
  clock.advance(100_000);
  assertEquals(heard, [], "nothing was due");
  due = true;
  clock.advance(1_999);
  assertEquals(heard, []);
  clock.advance(27_000);
  assertEquals(heard, ["waits"]);
  watch.moved();
  clock.advance(29_000);
  assertEquals(heard, ["waits", "waits"]);
  clock.advance(1_500);
  assertEquals(heard, ["waits", "waits", "silent"]);
  clock.advance(100_000);
  assertEquals([heard.length, clock.watchers], [3, 0]);
});

Deno.test("silence: a step that never ends fails at the deadline", async () => {
  const clock = new FakeClock();
  const step = unlessSilent({ clock }, new Promise(() => {}), () => new Error("late"));
  clock.advance(30_000);
  await assertRejects(() => step, Error, "late");
  assertEquals(await unlessSilent({ clock }, Promise.resolve(1), () => null), 1);
  assertEquals(clock.watchers, 0);
});

/** Alice, whose clock is in the hands of the test, with a session with Bob. */
async function open(server: EvilServer) {
  const stack = new AsyncDisposableStack();
  const { path: folder } = stack.use(await tempFolder());
  const clock = new FakeClock();
  const notes: string[] = [];
  const bob = stack.use(await Party.registered("bob", server.address));
  const run = async <T>(address: string, act: (client: Client) => Promise<T>) => {
    await using opened = await openClient({
      folder,
      address: parseAddress(address, "the test"),
      note: (text) => notes.push(text),
      now: () => Date.now(),
      sleep: () => Promise.resolve(),
      random: (size) => crypto.getRandomValues(new Uint8Array(size)),
      oneTimeTarget: ONE_TIME_TARGET,
      clock,
      ...CHEAP,
    });
    return await act(opened.client);
  };
  await run(server.address, (client) => client.register("alice", { classic: false }));
  await run(server.address, (client) => client.sendText("bob", "hello"));
  notes.length = 0;
  return { clock, notes, bob, run, folder, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Runs `act` until it fails, while the time passes; returns the error and how long it took. */
async function givenUp(clock: FakeClock, act: Promise<unknown>) {
  const start = clock.ticks();
  let error: unknown;
  const done = act.catch((reason) => error = reason);
  await until("it is given up", () => {
    if (error === undefined && clock.watchers > 0) clock.advance(500);
    return error !== undefined;
  });
  await done;
  assert(error instanceof ClientError);
  return { error, took: clock.ticks() - start };
}

/** A server that accepts connections and says nothing. */
function silentServer() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const conns: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const conn of listener) conns.push(conn);
  })();
  return {
    address: `127.0.0.1:${listener.addr.port}`,
    conns,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const conn of conns) conn.close();
    },
  };
}

Deno.test("silence: a text for a server that says nothing waits in the outbox", async () => {
  await using honest = new EvilServer();
  await using world = await open(honest);
  const { clock, notes, run } = world;
  await using silent = silentServer();
  const sending = run(silent.address, (client) => client.sendText("bob", "one"));
  const { error, took } = await givenUp(clock, sending);
  assertEquals(error.code, "queued");
  assert(error.message.includes(`the server at ${silent.address} does not answer`), error.message);
  assertEquals(notes, [`waiting for ${silent.address} to answer ...`]);
  // All that a command asks is one wait; a step of the clock may pass unseen.
  assert(took >= 30_000 && took < 45_000, `${took} ms`);
  assertEquals(silent.conns.length, 1);
  await run(honest.address, (client) => client.sendText("bob", "two"));
  assertEquals(await world.bob.receive(honest.address), [
    "alice: hello",
    "alice: one",
    "alice: two",
  ]);
});

for (const kind of ["login", "check-in", "send"] as const) {
  Deno.test(`silence: so it is when no answer comes to the request ${kind}`, async () => {
    await using server = new EvilServer();
    await using world = await open(server);
    const { clock, notes, run } = world;
    const forever = Promise.withResolvers<void>();
    server.lie = (request) => request.kind === kind ? () => forever.promise : undefined;
    const sending = run(server.address, (client) => client.sendText("bob", "one"));
    const { error } = await givenUp(clock, sending);
    assertEquals(error.code, "queued");
    assertEquals(notes[0], `waiting for ${server.address} to answer ...`);
    forever.resolve();
  });
}

Deno.test("silence: a way that stands still in the middle of a file", async () => {
  await using server = new EvilServer();
  await using world = await open(server);
  const { clock, run, folder } = world;
  await using proxy = new StallingProxy(server.port);
  const path = `${folder}/file`;
  await Deno.writeFile(path, new Uint8Array(4 * MiB));
  const stalled = proxy.stallAfter(MiB);
  const sending = run(proxy.address, (client) => client.sendFile("bob", path));
  sending.catch(() => {});
  await stalled;
  assertEquals((await givenUp(clock, sending)).error.code, "queued");
});

Deno.test("silence: a slow transfer that makes progress is none", async () => {
  await using server = new EvilServer();
  await using world = await open(server);
  const { clock, run, folder } = world;
  const path = `${folder}/file`;
  await Deno.writeFile(path, new Uint8Array(4 * MiB));
  let answers = 0;
  server.lie = (request) => {
    if (request.kind !== "put-chunk") return undefined;
    return async (link) => {
      await until("the answer before has come", () => answers === request.chunk);
      clock.advance(20_000);
      await link.say(server.answer(request, link));
    };
  };
  const sending = (client: Client) => client.sendFile("bob", path, (done) => answers = done / MiB);
  const { message } = await run(server.address, sending);
  assertEquals(answers, 4);
  assert(message > 0);
});

Deno.test("silence: a follower is told, and connects again", async () => {
  await using server = new EvilServer();
  await using world = await open(server);
  const { clock, run, bob, folder } = world;
  const forever = Promise.withResolvers<void>();
  let subscriptions = 0;
  server.lie = ({ kind }) =>
    kind === "subscribe" && subscriptions++ === 0 ? () => forever.promise : undefined;
  const troubles: string[] = [];
  const heard = run(server.address, async (client) => {
    using _listening = client.events.on((event) => {
      if (event.kind === "connection" && event.state === "waiting") troubles.push(event.text);
    });
    for await (const received of client.follow(`${folder}/out`, () => {})) {
      if (received.type === "text") return received.text;
    }
  });
  await until("it connects again", () => {
    if (troubles.length === 0 && clock.watchers > 0) clock.advance(500);
    return subscriptions > 1;
  });
  assertEquals(troubles, [`the server at ${server.address} does not answer`]);
  await bob.receive(server.address);
  await bob.send(server.address, "alice", "welcome back");
  assertEquals(await heard, "welcome back");
  forever.resolve();
});

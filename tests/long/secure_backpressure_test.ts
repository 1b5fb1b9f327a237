import { MessageType } from "../../shared/protocol/codes.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { sampleBytes, settled } from "../support/pieces.ts";
import { until } from "../support/until.ts";
import { textOf, textTo } from "../support/server/secure_peer.ts";
import { FakeClock, type FixtureOptions, ServerFixture } from "../support/server/server_fixture.ts";
import { storageWith } from "../support/server/storage_with.ts";

/** More than two sockets buffer for a peer that does not read. */
const BACKLOG = 600;
const CONTENT = sampleBytes(60_000);

/** Counts what the server asks of its storage. */
function counted(clock: FakeClock) {
  const count = { waiting: 0, content: 0 };
  const options: FixtureOptions = {
    clock,
    services: ({ storage }) => ({
      storage: storageWith(storage, {
        heads: (...question) => {
          count.waiting++;
          return storage.heads(...question);
        },
        page: async (...question) => {
          const page = await storage.page(...question);
          count.content += page.length;
          return page;
        },
      }),
    }),
  };
  return { count, options };
}

async function fill(server: ServerFixture, to: Uint8Array<ArrayBuffer>): Promise<void> {
  const deposit = { from: to, to, type: MessageType.text, content: { inline: CONTENT } };
  const { storage } = server.services;
  await Promise.all(Array.from({ length: BACKLOG }, () => storage.deposit(deposit)));
}

/** Waits until `value` stays as it is for a while. */
async function steady(value: () => number): Promise<void> {
  let last = -1;
  let times = 0;
  await until("it is steady", async () => {
    for (let i = 0; i < 5; i++) await settled();
    times = value() === last ? times + 1 : 0;
    last = value();
    return times === 20;
  });
}

Deno.test("backpressure: who asks and never reads gets one answer at a time", async () => {
  const clock = new FakeClock();
  const { count, options } = counted(clock);
  await using server = await ServerFixture.start(options);
  const stuck = await server.secure("alice");
  await fill(server, stuck.who.id);
  const polls = Array.from({ length: 300 }, () => ({ kind: "get-messages", after: 0 }) as const);
  await stuck.send(...polls);
  await steady(() => count.content);
  assertEquals(count.waiting, 1);
  assert(count.content > 0 && count.content < BACKLOG, `${count.content} contents were read`);
  await until("it is given up", () => {
    clock.now += 10_000;
    return server.listener.connections === 0;
  });
});

Deno.test("backpressure: a subscriber that does not read costs little, loses nothing", async () => {
  const { count, options } = counted(new FakeClock());
  await using server = await ServerFixture.start(options);
  const slow = await server.secure("alice");
  await fill(server, slow.who.id);
  await slow.subscribe();
  await steady(() => count.content);
  assert(count.content > 0 && count.content < BACKLOG, `${count.content} contents were read`);
  for (let i = 1; i <= BACKLOG; i++) assertEquals((await slow.push()).messageId, i);
});

Deno.test("backpressure: a stuck subscriber does not keep others waiting", async () => {
  await using server = await ServerFixture.start();
  const stuck = await server.secure("stuck");
  await fill(server, stuck.who.id);
  await stuck.subscribe();
  const alice = await server.secure("alice");
  await alice.subscribe();
  for (let i = 0; i < 20; i++) {
    await alice.sendText(alice.who.id, `text ${i}`);
    assertEquals(textOf(await alice.push()), `text ${i}`);
    await alice.sendText(stuck.who.id, `more ${i}`);
  }
});

Deno.test("backpressure: sends are taken no faster than they are stored", async () => {
  const go = Promise.withResolvers<void>();
  let deposits = 0;
  await using server = await ServerFixture.start({
    services: ({ storage }) => ({
      storage: storageWith(storage, {
        deposit: async (deposit) => {
          deposits++;
          await go.promise;
          return await storage.deposit(deposit);
        },
      }),
    }),
  });
  const small = await server.secure("small");
  const large = await server.secure("large");
  const burst = (size: number, to: Uint8Array<ArrayBuffer>) =>
    Array.from({ length: 500 }, (_, i) => textTo(to, sampleBytes(size, i + 1)));
  const sending = small.send(...burst(10, small.who.id));
  await steady(() => deposits);
  assert(deposits > 100 && deposits <= 256, `${deposits} small sends are under way`);
  deposits = 0;
  const sendingLarge = large.send(...burst(60_000, large.who.id));
  await steady(() => deposits);
  assert(deposits > 4 && deposits * 60_000 <= 1024 * 1024, `${deposits} large sends are under way`);
  go.resolve();
  for (const peer of [small, large]) {
    for (let i = 1; i <= 500; i++) assertEquals((await peer.expect("sent")).messageId, i);
  }
  await Promise.all([sending, sendingLarge]);
});

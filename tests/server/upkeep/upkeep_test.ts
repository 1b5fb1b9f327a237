import { DAY } from "../../../server/limits/limits.ts";
import { startUpkeep, sweep } from "../../../server/upkeep/upkeep.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { assertEquals } from "../../support/assert.ts";
import { FakeClock } from "../../support/client/fake_clock.ts";
import { newToken } from "../../support/server/secure_peer.ts";
import { openUpload } from "../../support/server/secure_uploads.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";
import { storageWith } from "../../support/server/storage_with.ts";
import { until } from "../../support/until.ts";

const HOUR = DAY / 24;
/** More messages than one step deletes. */
const MESSAGES = 200;

Deno.test("upkeep: a sweep keeps the blobs that messages need, removes the others", async () => {
  await using server = await ServerFixture.start();
  const { who } = await server.secure("alice");
  const needed = await server.depositHole(who.id, 100);
  for (const name of ["a".repeat(32), `${"b".repeat(32)}.part`]) {
    await Deno.writeFile(server.file(name), new Uint8Array(9));
  }
  await Deno.writeFile(`${server.folder}/chunks/${"c".repeat(32)}`, new Uint8Array(9));
  await sweep(server.services);
  assertEquals(server.files(), [`${needed.slice(-32)} 100`]);
  assertEquals([...Deno.readDirSync(`${server.folder}/chunks`)], []);
  const told = server.log.filter(({ level }) => level === "info");
  assertEquals(told.map(({ properties }) => properties.swept), [2, 1]);
});

/** A server with an upload and messages of day 0. */
async function serverWithOld(time: { now: number }): Promise<ServerFixture> {
  const server = await ServerFixture.start({ now: () => time.now });
  const alice = await server.secure("alice");
  const { id } = alice.who;
  await openUpload(alice, newToken(), 1000);
  const content = { inline: new Uint8Array(1) };
  const deposit = { from: id, to: id, type: MessageType.text, content };
  await Promise.all(Array.from({ length: MESSAGES }, () => {
    return server.services.storage.deposit({ ...deposit, token: newToken() });
  }));
  return server;
}

/** How much of each kind is stored. */
function countsIn(server: ServerFixture): number[] {
  const { shared, tokens, messages } = server.dump();
  return [shared.length, tokens.length, messages.length, server.files().length];
}

/** Parts of which the deletion of messages waits until the test lets it happen. */
function heldParts({ services }: ServerFixture) {
  const held = {
    steps: 0,
    go: Promise.withResolvers<void>(),
    parts: {
      ...services,
      storage: storageWith(services.storage, {
        async expireMessages() {
          held.steps++;
          await held.go.promise;
          return await services.storage.expireMessages();
        },
      }),
    },
  };
  return held;
}

Deno.test("upkeep: the old goes from the start on, but the start waits for none", async () => {
  const time = { now: 0 };
  await using server = await serverWithOld(time);
  const { storage } = server.services;
  const clock = new FakeClock();
  const { id } = (await server.secure("bob")).who;
  await server.depositHole(id, 100_000);
  time.now = 9 * DAY;
  const stop = startUpkeep(server.services, clock.every);
  assertEquals(countsIn(server), [1, MESSAGES, MESSAGES + 1, 1]);
  await until("it is gone", async () => (await storage.stats()).files === 0);
  await stop();
  assertEquals(countsIn(server), [0, 0, MESSAGES + 1, 1]);
  time.now = 31 * DAY;
  const stopAgain = startUpkeep(server.services, clock.every);
  assertEquals(countsIn(server), [0, 0, MESSAGES + 1, 1]);
  await until("they are gone", () => server.files().length === 0);
  await stopAgain();
  assertEquals([countsIn(server), clock.watchers], [[0, 0, 0, 0], 0]);
  const expired = server.log.filter(({ message }) => message.includes(" messages have expired"));
  assertEquals(expired.map(({ properties }) => properties.count), [MESSAGES + 1]);
});

Deno.test("upkeep: it happens every hour, and never twice at a time", async () => {
  const time = { now: 31 * DAY };
  await using server = await serverWithOld(time);
  const clock = new FakeClock();
  const held = heldParts(server);
  const stop = startUpkeep(held.parts, clock.every);
  await until("it has begun", () => held.steps === 1);
  clock.advance(3 * HOUR);
  // Whoever comes meanwhile is served.
  const bob = await server.secure("bob");
  await bob.request({ kind: "check-in", mark: newToken() }, "checked-in");
  assertEquals([held.steps, countsIn(server)[2]], [1, MESSAGES]);
  held.go.resolve();
  await until("the first one is over", () => {
    clock.advance(HOUR);
    return held.steps === 2;
  });
  time.now = 62 * DAY;
  await until("the old ones are gone", () => {
    clock.advance(HOUR);
    return countsIn(server)[2] === 0;
  });
  await stop();
  assertEquals(clock.watchers, 0);
});

Deno.test("upkeep: a stop waits for one step and no more", async () => {
  const time = { now: 0 };
  await using server = await serverWithOld(time);
  time.now = 31 * DAY;
  const held = heldParts(server);
  const stop = startUpkeep(held.parts, new FakeClock().every);
  await until("it has begun", () => held.steps === 1);
  const stopping = stop();
  held.go.resolve();
  await stopping;
  const left = countsIn(server)[2];
  assertEquals([held.steps, left > 0, left < MESSAGES], [1, true, true]);
});

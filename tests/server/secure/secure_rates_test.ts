/** How fast one client may ask: in whose name, and what it costs. */
import { type Limits } from "../../../server/limits/limits.ts";
import { toHex, utf8 } from "../../../shared/bytes.ts";
import { KiB } from "../../../shared/limits.ts";
import type { SecureRequest } from "../../../shared/protocol/secure/requests.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { expectKind } from "../../support/server/peer.ts";
import { refusalsOf } from "../../support/server/samples.ts";
import { type SecurePeer, textTo } from "../../support/server/secure_peer.ts";
import { FakeClock, ServerFixture } from "../../support/server/server_fixture.ts";
import { until } from "../../support/until.ts";

const LIST: SecureRequest = { kind: "list-clients", prefix: "", after: "" };

async function start(limits: Partial<Limits>) {
  const clock = new FakeClock();
  return { clock, server: await ServerFixture.start({ clock, limits }) };
}

function acknowledgeOf(count: number): SecureRequest {
  return { kind: "acknowledge", messageIds: Array.from({ length: count }, (_, i) => i + 1) };
}

/** The milliseconds after which a request that is too fast may come again. */
async function wait(peer: SecurePeer, request: SecureRequest): Promise<number> {
  await peer.send(request);
  const { error, retryAfter } = await peer.expect("error");
  assertEquals(error, "rate-limited");
  return retryAfter;
}

Deno.test("rates: an acknowledgement counts as its IDs, and the wait is true", async () => {
  const { server, clock } = await start({ requests: { burst: 100, interval: 10 } });
  await using _ = server;
  const alice = await server.secure("alice"); // one request, to register
  await alice.request(acknowledgeOf(90), "acknowledged");
  assertEquals(await wait(alice, acknowledgeOf(50)), 410);
  await alice.request(acknowledgeOf(9), "acknowledged");
  clock.now += 499;
  assertEquals(await wait(alice, acknowledgeOf(50)), 1);
  clock.now += 1;
  await alice.request(acknowledgeOf(50), "acknowledged");
  assertEquals(await refusalsOf(server.services.metrics), { requests: 2 });
});

Deno.test("rates: all channels of a client share them, and no other client does", async () => {
  const { server } = await start({ requests: { burst: 10, interval: 10_000 } });
  await using _ = server;
  const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
  const again = await server.secure(alice.who);
  for (let i = 0; i < 4; i++) await alice.acknowledge();
  for (let i = 0; i < 5; i++) await again.acknowledge();
  assertEquals(await wait(alice, acknowledgeOf(0)), 10_000);
  await bob.acknowledge();
});

Deno.test("rates: what is refused reaches no storage, and the channel goes on", async () => {
  const { server, clock } = await start({ requests: { burst: 5, interval: 1_000 } });
  await using _ = server;
  const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
  const before = server.dump();
  for (let i = 0; i < 4; i++) await alice.acknowledge();
  const texts = Array.from({ length: 100 }, () => textTo(bob.who.id, "text"));
  await alice.send(...texts);
  for (const _ of texts) assertEquals((await alice.expect("error")).error, "rate-limited");
  assertEquals(server.dump(), before);
  clock.now += 1_000;
  assertEquals(await alice.sendText(bob.who.id, "text"), 1);
});

Deno.test("rates: large payloads count their bytes, small ones do not", async () => {
  const { server, clock } = await start({ bytes: { burst: 20_000, interval: 1 } });
  await using _ = server;
  const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
  const large = textTo(bob.who.id, new Uint8Array(10_000));
  await alice.request(large, "sent");
  const next = textTo(bob.who.id, new Uint8Array(10_000));
  const longest = await wait(alice, next);
  assert(longest > 0 && longest <= 100, `${longest}`);
  for (let i = 0; i < 20; i++) await alice.sendText(bob.who.id, "t".repeat(3 * KiB));
  clock.now += longest;
  await alice.request(next, "sent");
  // An answer is charged when its size is known.
  await bob.poll();
  const debt = await wait(bob, textTo(alice.who.id, new Uint8Array(10_000)));
  assert(debt > 60_000, `${debt}`);
});

Deno.test("rates: a poll waits until the answers before it are paid", async () => {
  const { server, clock } = await start({ bytes: { burst: 20_000, interval: 1 } });
  await using _ = server;
  const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
  for (let i = 0; i < 10; i++) await alice.sendText(bob.who.id, "t".repeat(3 * KiB));
  assertEquals((await bob.poll()).length, 10);
  const longest = await wait(bob, { kind: "get-messages", after: 0 });
  assert(longest > 10_000, `${longest}`);
  await bob.acknowledge(1); // small ones go on
  clock.now += longest;
  assertEquals((await bob.poll()).length, 9);
});

Deno.test("rates: pushes count as answers do, and wait until those before are paid", async () => {
  const { server, clock } = await start({ bytes: { burst: 200_000, interval: 1 } });
  await using _ = server;
  const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
  const text = "t".repeat(3 * KiB);
  for (let i = 0; i < 100; i++) await alice.sendText(bob.who.id, text);
  // Everything is pushed again on each channel: the first two steps are more than it may have.
  const again = await server.secure(bob.who);
  await bob.subscribe();
  await bob.texts(42);
  const debt = () => server.services.rates.bytes.take(toHex(bob.who.id), 0);
  await until("the pushes are paid for later", () => debt() > 0);
  await again.subscribe();
  let got = 0;
  const rest = (async () => {
    for (; got < 100; got++) await again.push();
  })();
  await alice.sendText(bob.who.id, "news wakes it, and changes nothing");
  assertEquals(got, 0);
  await until("time has passed", () => {
    clock.now += 1_000;
    return got === 100;
  });
  await rest;
});

Deno.test("rates: lookups and pages of the list have a pace of their own", async () => {
  const { server, clock } = await start({ lookups: { burst: 3, interval: 500 } });
  await using _ = server;
  const alice = await server.secure("alice");
  await alice.request(LIST, "client-page");
  await alice.request({ kind: "find-clients", ids: [alice.who.id] }, "found-clients");
  await alice.request({ kind: "find-name", name: "alice" }, "found-name");
  assertEquals(await wait(alice, LIST), 500);
  assertEquals(await alice.sendText(alice.who.id, "text"), 1);
  clock.now += 500;
  await alice.request(LIST, "client-page");
});

Deno.test("rates: classic clients of one address share them, and are told 9000", async () => {
  const { server, clock } = await start({
    requests: { burst: 4, interval: 1_000 },
    lookups: { burst: 2, interval: 5_000 },
  });
  await using _ = server;
  const [first, second] = [await server.connect(), await server.connect()];
  const alice = await first.register("alice");
  const key = { kind: "public-key", target: alice } as const;
  for (const peer of [first, second]) expectKind(await peer.request(alice, key), "public-key");
  expectKind(await second.request(alice, key), "failure");
  const text = { kind: "send", to: alice, type: 3, content: utf8("text") } as const;
  expectKind(await second.request(alice, text), "failure");
  clock.now += 1_000;
  expectKind(await second.request(alice, text), "sent");
  assertEquals(await refusalsOf(server.services.metrics), { lookups: 1, requests: 1 });
});

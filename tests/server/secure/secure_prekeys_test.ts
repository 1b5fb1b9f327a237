import { concat, toHex } from "../../../shared/bytes.ts";
import { MAX_U32 } from "../../../shared/limits.ts";
import { RequestCode } from "../../support/protocol/codes.ts";
import { encodeSecureRequest, secureHeader } from "../../../shared/protocol/secure/requests.ts";
import { type Prekey, PrekeyKind } from "../../../shared/protocol/prekey.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { encodePrekeys, firstPrekeys, prekeyOf, prekeysOf } from "../../support/prekeys.ts";
import { Someone, textOf } from "../../support/server/secure_peer.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";

const { signed, lastResort, oneTime, oneTimeKem } = PrekeyKind;
const NO_MARK = new Uint8Array(16);

Deno.test("prekeys: what one publishes another fetches, byte for byte", async () => {
  await using server = await ServerFixture.start();
  const alice = await server.secure("alice");
  const bob = await server.secure("bob");
  const prekeys = firstPrekeys(1);
  await alice.publish(prekeys);
  const target = alice.who.id;
  const first = await bob.request({ kind: "fetch-prekeys", target }, "prekeys");
  assertEquals(first.clientId, target);
  assertEquals(first.prekeys, [prekeys[0], prekeys[3], prekeys[2]]);
  const second = await bob.request({ kind: "fetch-prekeys", target }, "prekeys");
  assertEquals(second.prekeys, [prekeys[0], prekeys[1]]);
});

Deno.test("prekeys: a whole supply goes up at once, in pieces of any size", async () => {
  await using server = await ServerFixture.start();
  const alice = await server.secure("alice");
  const prekeys = firstPrekeys(127);
  assertEquals(prekeys.length, 256);
  const frame = encodeSecureRequest({ kind: "publish-prekeys", replace: false, prekeys });
  for (let at = 0; at < frame.length; at += 5_000) await alice.send(frame.subarray(at, at + 5_000));
  await alice.expect("prekeys-published");
  const { kind: _, ...answer } = await alice.request(
    { kind: "check-in", mark: NO_MARK },
    "checked-in",
  );
  assertEquals(answer, { mark: NO_MARK, prekeyId: 256, oneTimeLeft: 127, oneTimeKemLeft: 127 });
});

Deno.test("prekeys: a check-in returns the last mark and what is left", async () => {
  await using server = await ServerFixture.start();
  const alice = await server.secure("alice");
  const bob = await server.secure("bob");
  const checkIn = async (peer: typeof alice, mark: number) => {
    const request = { kind: "check-in", mark: NO_MARK.with(0, mark) } as const;
    const answer = await peer.request(request, "checked-in");
    return [answer.mark[0], answer.prekeyId, answer.oneTimeLeft, answer.oneTimeKemLeft];
  };
  assertEquals(await checkIn(alice, 1), [0, 0, 0, 0]);
  await alice.publish([...firstPrekeys(2), ...prekeysOf(oneTime, 7, 3)]);
  assertEquals(await checkIn(alice, 2), [1, 9, 5, 2]);
  await bob.draw(alice.who.id);
  assertEquals(await checkIn(bob, 3), [0, 0, 0, 0]);
  const again = await server.secure(alice.who);
  assertEquals(await checkIn(again, 4), [2, 9, 4, 1]);
});

Deno.test("prekeys: a repeat and a replacement, as their owner sees them", async () => {
  await using server = await ServerFixture.start();
  const alice = await server.secure("alice");
  const { id } = alice.who;
  await alice.publish(firstPrekeys(1));
  await alice.draw(id);
  await alice.publish(firstPrekeys(1));
  assertEquals(await alice.draw(id), [[signed, 1], [lastResort, 2]]);
  const next = [prekeyOf(signed, 5), prekeyOf(lastResort, 6), prekeyOf(oneTime, 7)];
  await alice.publish(next, true);
  await alice.publish(next, true);
  assertEquals(await alice.draw(id), [[signed, 5], [lastResort, 6], [oneTime, 7]]);
  assertEquals(await alice.draw(id), [[signed, 5], [lastResort, 6]]);
});

Deno.test("prekeys: unknown, classic and incomplete clients have none", async () => {
  await using server = await ServerFixture.start();
  const classic = await (await server.connect()).register("classic");
  const alice = await server.secure("alice");
  const bob = await server.secure("bob");
  const refused = (target: Uint8Array<ArrayBuffer>) =>
    bob.refused({ kind: "fetch-prekeys", target });
  for (const target of [sampleBytes(16), new Uint8Array(16), classic, alice.who.id]) {
    assertEquals(await refused(target), "not-found");
  }
  await alice.publish([prekeyOf(signed, 1), prekeyOf(oneTime, 2)]);
  assertEquals(await refused(alice.who.id), "not-found");
  await alice.publish([prekeyOf(lastResort, 3)]);
  assertEquals(await bob.draw(alice.who.id), [[signed, 1], [lastResort, 3], [oneTime, 2]]);
  assertEquals(await refused(classic), "not-found");
});

Deno.test("prekeys: only who is registered publishes, and only for itself", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.open();
  const late = await Someone.called("late");
  await peer.login(late);
  const before = server.dump();
  const publish = { kind: "publish-prekeys", replace: true, prekeys: firstPrekeys(1) } as const;
  assertEquals(await peer.refused(publish), "forbidden");
  assertEquals(await peer.refused({ kind: "check-in", mark: NO_MARK }), "forbidden");
  assertEquals(await peer.refused({ kind: "fetch-prekeys", target: late.id }), "forbidden");
  assertEquals(server.dump(), before);
  await peer.register(late);
  const other = encodeSecureRequest(publish);
  other.set((await server.secure("other")).who.id);
  assertEquals(await peer.refused(other), "forbidden");
  await peer.publish(firstPrekeys(1));
});

Deno.test("prekeys: too many of them are over the quota, and change nothing", async () => {
  await using server = await ServerFixture.start({ limits: { maxOneTimePrekeys: 2 } });
  const alice = await server.secure("alice");
  await alice.publish(firstPrekeys(2));
  const before = server.dump();
  for (const kind of [oneTime, oneTimeKem]) {
    const prekeys = [prekeyOf(signed, 7), prekeyOf(kind, 8)];
    for (const replace of [false, true]) {
      const more = replace ? prekeysOf(kind, 8, 3) : prekeys;
      assertEquals(
        await alice.refused({ kind: "publish-prekeys", replace, prekeys: more }),
        "over-quota",
      );
    }
  }
  assertEquals(server.dump(), before);
  assertEquals(await alice.draw(alice.who.id), [[signed, 1], [oneTimeKem, 5], [oneTime, 3]]);
});

Deno.test("prekeys: the limit that the protocol promises is what servers start with", async () => {
  await using server = await ServerFixture.start();
  const alice = await server.secure("alice");
  await alice.publish(prekeysOf(oneTime, 1, 200));
  await alice.publish(prekeysOf(oneTimeKem, 201, 200));
  const prekeys = [prekeyOf(oneTime, 401)];
  assertEquals(
    await alice.refused({ kind: "publish-prekeys", replace: false, prekeys }),
    "over-quota",
  );
});

Deno.test("prekeys: a wrong size or wrong prekeys do not disturb the next request", async () => {
  await using server = await ServerFixture.start();
  const alice = await server.secure("alice");
  const before = server.dump().prekeys;
  const frame = (code: number, payload: Uint8Array) =>
    concat(secureHeader(code, payload.length), payload);
  const publish = (replace: number, prekeys: Prekey[]) =>
    concat(new Uint8Array([replace]), encodePrekeys(prekeys));
  const good = publish(0, firstPrekeys(1));
  const wrong = [
    ...[0, 1, 101, 1 + 256 * 1253 + 1].map((size) =>
      frame(RequestCode.publishPrekeys, new Uint8Array(size))
    ),
    frame(RequestCode.publishPrekeys, publish(2, firstPrekeys(1))),
    frame(RequestCode.publishPrekeys, good.with(1, 0)), // no such kind
    frame(RequestCode.publishPrekeys, good.with(1, 4)), // a kind of another size
    frame(RequestCode.publishPrekeys, good.with(2, 0)), // no ID
    frame(RequestCode.publishPrekeys, good.slice(0, -1)),
    frame(RequestCode.publishPrekeys, concat(good, new Uint8Array(1))),
    frame(RequestCode.publishPrekeys, publish(0, prekeysOf(oneTime, 1, 257))),
    ...[0, 15, 17].map((size) => frame(RequestCode.checkIn, new Uint8Array(size))),
    ...[0, 15, 17].map((size) => frame(RequestCode.fetchPrekeys, new Uint8Array(size))),
  ];
  await alice.send(
    ...wrong.flatMap((bytes) => [bytes, { kind: "list-clients", prefix: "", after: "" } as const]),
  );
  for (const [i] of wrong.entries()) {
    assertEquals((await alice.expect("error")).error, "malformed", `${i}`);
    await alice.expect("client-page");
  }
  assertEquals(server.dump().prekeys, before);
});

Deno.test("prekeys: a claimed size is refused without waiting for it", async () => {
  await using server = await ServerFixture.start();
  for (const code of [107, 108, 109]) {
    const peer = await server.secure(`client ${code}`);
    assertEquals(await peer.refused(secureHeader(code, MAX_U32)), "malformed");
    assert(await peer.ended());
  }
});

Deno.test("prekeys: many who fetch at a time get each one-time prekey once", async () => {
  await using server = await ServerFixture.start();
  const alice = await server.secure("alice");
  await alice.publish(firstPrekeys(9));
  const { id } = alice.who;
  const askers = await Promise.all(
    Array.from({ length: 6 }, (_, i) => server.secure(`asker ${i}`)),
  );
  const drawn = await Promise.all(askers.flatMap((asker) => [asker.draw(id)]));
  drawn.push(...await Promise.all(askers.map((asker) => asker.draw(id))));
  for (const kind of [oneTime, oneTimeKem]) {
    const ids = drawn.flat().filter((prekey) => prekey[0] === kind).map(([, id]) => id);
    assertEquals([ids.length, new Set(ids).size], [9, 9]);
  }
});

Deno.test("prekeys: classic clients have no such requests", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.connect();
  const id = await peer.register("classic");
  for (const code of [107, 108, 109]) {
    await peer.send(concat(id, new Uint8Array([2, code, 16, 0, 0, 0]), id));
    assertEquals(toHex(await peer.read(7)), "02282300000000");
  }
});

Deno.test("secure prekeys: a subscriber hears once that they run low", async () => {
  const limits = { oneTimeBurst: 10 };
  await using server = await ServerFixture.start({ limits });
  const alice = await server.secure("alice");
  const bob = await server.secure("bob");
  const target = alice.who.id;
  await alice.publish(firstPrekeys(51));
  await alice.subscribe();
  await bob.draw(target);
  assertEquals(await alice.expect("prekeys-low"), { kind: "prekeys-low" });
  for (let i = 0; i < 3; i++) await bob.draw(target);
  await alice.publish(prekeysOf(oneTimeKem, 200, 4));
  await bob.draw(target); // 50 of one kind again
  await alice.expect("prekeys-low");
  // Nothing came between: a message is the next that comes.
  await bob.draw(target);
  await bob.sendText(target, "hello");
  assertEquals(textOf((await alice.expect("push")).message), "hello");
});

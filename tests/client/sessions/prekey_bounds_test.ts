/** What a server says of prekeys, or does with them, makes a client neither stuck nor busy. */
import { MAX_ONE_TIME_SECRETS } from "../../../client/sessions/prekey_upkeep.ts";
import { PrekeyKind } from "../../../shared/protocol/prekey.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { EvilServer } from "../../support/attack/evil_server.ts";
import { Party } from "../../support/attack/parties.ts";
import { ONE_TIME_TARGET } from "../../support/new_client.ts";

const { signed, oneTime, oneTimeKem } = PrekeyKind;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const REFUSAL = { kind: "error", error: "forbidden", retryAfter: 0, text: "no" } as const;

/** Bob, on a server of the test, and his clock. */
async function start() {
  const stack = new AsyncDisposableStack();
  const server = stack.use(new EvilServer());
  const clock = { now: 1_700_000_000_000 };
  const bob = stack.use(await Party.open());
  bob.now = () => clock.now;
  await bob.with(server.address, (client) => client.register("bob", { classic: false }));
  const shelf = server.shelf(bob.profile.identity.id);
  const count = (...kinds: PrekeyKind[]) =>
    bob.profile.prekeys.after(0).filter(({ kind }) => kinds.includes(kind)).length;
  return { stack, server, clock, bob, shelf, count };
}

Deno.test("prekeys: a server that lost them is not given those that were handed out", async () => {
  const { stack, server, clock, bob, shelf } = await start();
  await using _ = stack;
  // The server's backup knows the first ones. Then strangers draw for hours.
  const backup = [...shelf.prekeys];
  const largest = Math.max(...backup.map(({ id }) => id));
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < ONE_TIME_TARGET; i++) shelf.draw();
    clock.now += MINUTE;
    await bob.receive(server.address);
  }
  let most = 0;
  server.lie = (request) => {
    if (request.kind === "check-in") {
      const [oneTimeLeft, oneTimeKemLeft] = [0, 0];
      return {
        kind: "checked-in",
        mark: bob.profile.copyMarks.current(),
        prekeyId: largest,
        oneTimeLeft,
        oneTimeKemLeft,
      };
    }
    if (request.kind !== "publish-prekeys") return undefined;
    const of = (wanted: PrekeyKind) => request.prekeys.filter(({ kind }) => kind === wanted).length;
    most = Math.max(of(oneTime), of(oneTimeKem));
    return undefined;
  };
  await bob.receive(server.address);
  assertEquals(most, ONE_TIME_TARGET);
});

Deno.test("prekeys: a server that lies and takes none has them renewed once an hour", async () => {
  const { stack, server, clock, bob, count } = await start();
  await using _ = stack;
  clock.now += HOUR;
  server.lie = (request, link) => {
    if (request.kind === "publish-prekeys") return REFUSAL;
    const honest = server.answer(request, link);
    if (honest.kind !== "checked-in") return honest;
    const prekeyId = bob.profile.prekeys.largestId() + 2 ** 16;
    return { ...honest, prekeyId, mark: new Uint8Array(16).fill(1) };
  };
  const before = [count(signed), count(oneTime), bob.profile.prekeys.largestId()];
  for (let i = 0; i < 10; i++) {
    await bob.receive(server.address).catch(() => {});
    clock.now += MINUTE;
  }
  assertEquals(count(signed), before[0] + 1);
  assertEquals(count(oneTime), before[1] + ONE_TIME_TARGET);
  assert(bob.profile.prekeys.largestId() < before[2] + 2 ** 17);
});

Deno.test("prekeys: a server that has all of them used up does not fill the disk", async () => {
  const { stack, server, bob, shelf } = await start();
  await using _ = stack;
  const { prekeys } = bob.profile;
  const most = MAX_ONE_TIME_SECRETS - ONE_TIME_TARGET - 2; // and two more than one time's
  const id = prekeys.largestId();
  const kind = oneTime;
  const secret = new Uint8Array(32);
  const made = Array.from({ length: most - prekeys.count(kind) }, (_, i) => {
    return { id: id + 1 + i, kind, secret };
  });
  prekeys.add(made, bob.now());
  server.lie = (request, link) => {
    const honest = server.answer(request, link);
    if (honest.kind !== "checked-in") return honest;
    const prekeyId = prekeys.largestId();
    return { ...honest, prekeyId, oneTimeLeft: 0, oneTimeKemLeft: ONE_TIME_TARGET };
  };
  for (let i = 0; i < 5; i++) await bob.receive(server.address);
  assertEquals(prekeys.count(kind), MAX_ONE_TIME_SECRETS);
  assert(shelf.prekeys.length > 0);
});

Deno.test("prekeys: a renewal whose answer is lost is not done again and again", async () => {
  const { stack, server, clock, bob, count } = await start();
  await using _ = stack;
  clock.now += HOUR;
  let lies = 0;
  server.lie = (request, link) => {
    const honest = server.answer(request, link);
    if (honest.kind === "prekeys-published") return REFUSAL; // they are there, all the same
    if (honest.kind !== "checked-in" || lies++ > 0) return honest;
    return { ...honest, mark: new Uint8Array(16).fill(1) };
  };
  for (let i = 0; i < 10; i++) await bob.receive(server.address).catch(() => {});
  assertEquals(count(signed), 2);
});

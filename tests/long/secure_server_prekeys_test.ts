/** An attacker who runs the server, hands out any prekeys, and says anything about them. */
import { type Bytes, concat, utf8 } from "../../shared/bytes.ts";
import { sign } from "../../shared/crypto/ed25519.ts";
import { Writer } from "../../shared/cursor.ts";
import { MAX_U32 } from "../../shared/limits.ts";
import type { ErrorName } from "../../shared/protocol/codes.ts";
import { type Prekey, PrekeyKind } from "../../shared/protocol/prekey.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Conversation } from "../support/attack/conversation.ts";
import { failure, Party, random } from "../support/attack/parties.ts";
import { ONE_TIME_TARGET } from "../support/new_client.ts";

/** Fields that no key is in: 2^255 − 19 + 9, and 9 with the bit that does not count. */
const NOT_CANONICAL = [
  new Uint8Array(32).fill(0xff).with(0, 0xf6).with(31, 0x7f),
  new Uint8Array(32).with(0, 9).with(31, 0x80),
] as Bytes[];
/** Points of small order: 0, 1 and −1. */
const SMALL_ORDER = [
  new Uint8Array(32),
  new Uint8Array(32).with(0, 1),
  new Uint8Array(32).fill(0xff).with(0, 0xec).with(31, 0x7f),
] as Bytes[];

/** The prekey with another key, signed by its owner. */
async function signed(owner: Party, prekey: Prekey, key: Bytes): Promise<Prekey> {
  const { kind, id } = prekey;
  const body = new Writer(5 + key.length).u8(kind).u32(id).bytes(key).done();
  const { signing } = owner.profile.secureIdentity?.secrets ?? {};
  assert(signing);
  const signature = await sign(signing, concat(utf8("messaging-system/3 prekey"), body));
  return { kind, id, key, signature };
}

function drawn(scene: Conversation, owner: Party): Prekey[] {
  const bundle = scene.server.shelf(owner.profile.identity.id).draw();
  assert(bundle?.length === 3);
  return bundle;
}

/** `bundle` if prekeys are asked for. */
function give(scene: Conversation, prekeys: Prekey[], clientId = scene.bobId): void {
  scene.server.lie = ({ kind }) =>
    kind === "fetch-prekeys" ? { kind: "prekeys", clientId, prekeys } : undefined;
}

Deno.test("server: no bundle but the one that its owner has signed starts a session", async () => {
  await using scene = await Conversation.open();
  const [spk, kem, opk] = drawn(scene, scene.bob);
  const [spk2, kem2, opk2] = drawn(scene, scene.bob);
  const carols = drawn(scene, scene.carol);
  const flipped = (prekey: Prekey, part: "key" | "signature") => ({
    ...prekey,
    [part]: prekey[part].with(7, prekey[part][7] ^ 1),
  });
  const { oneTime, oneTimeKem, lastResort } = PrekeyKind;
  const last = scene.server.shelf(scene.bobId).prekeys.find(({ kind }) => kind === lastResort);
  assert(last);
  const bundles: Record<string, Prekey[]> = {
    "a signature of the signed prekey": [flipped(spk, "signature"), kem, opk],
    "a signature of the KEM prekey": [spk, flipped(kem, "signature"), opk],
    "a signature of the one-time prekey": [spk, kem, flipped(opk, "signature")],
    "the key of the signed prekey": [flipped(spk, "key"), kem, opk],
    "the key of the KEM prekey": [spk, flipped(kem, "key"), opk],
    "the key of the one-time prekey": [spk, kem, flipped(opk, "key")],
    "another ID of the signed prekey": [{ ...spk, id: spk.id + 1000 }, kem, opk],
    "another ID of the KEM prekey": [spk, { ...kem, id: kem.id + 1 }, opk],
    "another ID of the one-time prekey": [spk, kem, { ...opk, id: opk.id + 1 }],
    "all of another client": carols,
    "the signed one of another client": [carols[0], kem, opk],
    "the KEM one of another client": [spk, carols[1], opk],
    "the one-time one of another client": [spk, kem, carols[2]],
    "a one-time prekey as the signed one": [{ ...opk, kind: PrekeyKind.signed }, kem, opk2],
    "the signed prekey as a one-time one": [spk, kem, { ...spk, kind: oneTime }],
    "a one-time KEM prekey as the last resort": [spk, { ...kem, kind: lastResort }, opk],
    "the last resort as a one-time KEM prekey": [spk, { ...last, kind: oneTimeKem }, opk],
    "another order": [kem, spk, opk],
    "the one-time one in front": [opk, kem, spk],
    "no KEM prekey": [spk, opk],
    "no signed prekey": [kem, opk],
    "two signed ones": [spk, spk2, kem],
    "the signed one alone": [spk],
    "none": [],
  };
  const before = scene.alice.state();
  for (const [name, bundle] of Object.entries(bundles)) {
    give(scene, bundle);
    assertEquals(await failure(scene.say("secret")), "wrong-identity", name);
    assertEquals(scene.alice.sessions(scene.bobId), [], name);
  }
  for (const larger of [[spk, kem, kem2], [spk, kem, opk, opk2]]) {
    give(scene, larger);
    assertEquals(await failure(scene.say("secret")), "bad-response");
  }
  give(scene, [spk, kem, opk], scene.carol.profile.identity.id);
  assertEquals(await failure(scene.say("secret")), "bad-response");
  assertEquals(scene.server.requests.filter(({ kind }) => kind === "send"), []);
  scene.server.lie = () => undefined;
  await scene.say("undisturbed");
  assertEquals({ ...scene.alice.state(), sessions: "", contacts: "" }, {
    ...before,
    ...pick(scene.alice.state(), ["keys", "received", "repairs"]),
    sessions: "",
    contacts: "",
  });
  assertEquals(await scene.received(), ["alice: undisturbed"]);
  await scene.assertGoesOn();
});

function pick(state: Record<string, string>, names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, state[name]]));
}

Deno.test("server: unusable prekeys are refused, even when their owner signed them", async () => {
  await using scene = await Conversation.open();
  const [spk, kem, opk] = drawn(scene, scene.bob);
  const tooLarge = kem.key.slice().fill(0xff, 0, 300); // coefficients that are no residues
  const cases: [Prekey[], string][] = [[
    [spk, await signed(scene.bob, kem, tooLarge), opk],
    "bad-key",
  ]];
  for (
    const [keys, code] of [[NOT_CANONICAL, "wrong-identity"], [SMALL_ORDER, "bad-key"]] as const
  ) {
    for (const key of keys) {
      cases.push([[await signed(scene.bob, spk, key), kem, opk], code]);
      cases.push([[spk, kem, await signed(scene.bob, opk, key)], code]);
    }
  }
  for (const [bundle, code] of cases) {
    give(scene, bundle);
    assertEquals(await failure(scene.say("secret")), code);
    assertEquals(scene.alice.sessions(scene.bobId), []);
  }
  // The same when a session is replaced.
  scene.server.lie = () => undefined;
  await scene.say("hello");
  await scene.received();
  const message = await scene.intercept("lost");
  scene.bob.profile.sessions.clear();
  scene.server.put(scene.bobId, message);
  assertEquals(await scene.received(), ["alice: (1 unreadable)"]);
  const sessions = scene.alice.sessions(scene.bobId);
  give(scene, cases[0][0]);
  assertEquals(await scene.answers(), ["bob! bad-key"]);
  assertEquals(scene.alice.sessions(scene.bobId), sessions);
  scene.server.lie = () => undefined;
  await scene.say("still the old session");
  assertEquals(await scene.received(), ["alice: (1 unreadable)"]);
  assert((await scene.settle()).includes("alice: still the old session"));
  await scene.assertGoesOn();
});

Deno.test("server: a one-time prekey handed to two serves one, the other starts anew", async () => {
  await using scene = await Conversation.open();
  const { server, carol } = scene;
  give(scene, drawn(scene, scene.bob));
  await scene.say("from Alice");
  await carol.send(server.address, "bob", "from Carol");
  server.lie = () => undefined;
  assertEquals(await scene.received(), ["alice: from Alice", "carol: (1 unreadable)"]);
  assertEquals(await carol.receive(server.address), ["bob: (notice)"]);
  assertEquals(await scene.received(), ["carol: from Carol"]);
  await scene.assertGoesOn();
});

Deno.test("server: without one-time prekeys a session starts, and but once", async () => {
  await using scene = await Conversation.open();
  const shelf = scene.server.shelf(scene.bobId);
  const { oneTime, oneTimeKem } = PrekeyKind;
  shelf.prekeys = shelf.prekeys.filter(({ kind }) => kind !== oneTime && kind !== oneTimeKem);
  await scene.say("hello");
  const [hello] = scene.mailbox;
  assertEquals(await scene.received(), ["alice: hello"]);
  await scene.assertIgnored([hello]);
  scene.bob.profile.sessions.clear();
  await scene.bob.restart();
  await scene.assertIgnored([hello]);
  await scene.assertRefused([await scene.intercept("with the same start")]);
  await scene.assertGoesOn();
});

Deno.test("server: a refusal of prekeys is reported, and waited for where that helps", async () => {
  await using scene = await Conversation.open();
  const refuse = (error: ErrorName, retryAfter: number, times: number) => {
    scene.server.lie = ({ kind }) =>
      kind === "fetch-prekeys" && times-- > 0
        ? { kind: "error", error, retryAfter, text: "not now" }
        : undefined;
  };
  const cases: [ErrorName, number, string][] = [
    ["rate-limited", MAX_U32, "refused"],
    ["rate-limited", 0, "refused"],
    ["forbidden", 0, "refused"],
    ["failed", 0, "refused"],
    ["not-found", 0, "no-prekeys"],
  ];
  for (const [error, retryAfter, expected] of cases) {
    refuse(error, retryAfter, Infinity);
    assertEquals(await failure(scene.say("secret")), expected, error);
  }
  scene.alice.waits.length = 0;
  refuse("rate-limited", 5_000, 2);
  await scene.say("in the end");
  assertEquals(scene.alice.waits, [5_000, 5_000]);
  assertEquals(await scene.received(), ["alice: in the end"]);
  await scene.assertGoesOn();
});

Deno.test("server: a reset waits until the server gives prekeys again", async () => {
  await using scene = await Conversation.underWay();
  await scene.say("lost");
  scene.bob.profile.sessions.clear();
  assertEquals(await scene.received(), ["alice: (1 unreadable)"]);
  for (const error of ["rate-limited", "failed", "shutting-down"] as const) {
    scene.server.lie = ({ kind }) =>
      kind === "fetch-prekeys"
        ? { kind: "error", error, retryAfter: 60_000, text: "not now" }
        : undefined;
    assertEquals(await scene.answers(), [], error);
  }
  scene.server.lie = () => undefined;
  assertEquals(await scene.answers(), ["bob: (notice)"]);
  assertEquals(await scene.received(), ["alice: lost"]);
  await scene.assertGoesOn();
});

Deno.test("server: refused prekeys delay neither messages nor a registration", async () => {
  await using scene = await Conversation.underWay();
  const { server, alice, bob } = scene;
  let taken = false;
  for (const error of ["forbidden", "over-quota", "malformed", "failed"] as const) {
    server.lie = ({ kind }) =>
      kind === "publish-prekeys" && !taken
        ? { kind: "error", error, retryAfter: 0, text: "not those" }
        : undefined;
    await using dave = await Party.registered(`dave ${error}`, server.address);
    const reason = error === "failed" ? "server error" : "not those";
    assert(dave.notes.some((note) => note.includes(reason)), dave.notes.join());
    server.shelf(scene.bobId).prekeys = [];
    await bob.send(server.address, "alice", `from Bob ${error}`);
    assertEquals(await scene.answers(), [`bob: from Bob ${error}`]);
    await scene.say(`from Alice ${error}`);
    const got = await scene.received();
    assertEquals(got.filter((line) => !line.endsWith(": (notice)")), [
      `alice: from Alice ${error}`,
    ]);
    assertEquals(await failure(alice.send(server.address, `dave ${error}`, "hello")), "no-prekeys");
    taken = true;
    await dave.receive(server.address);
    await alice.send(server.address, `dave ${error}`, "hello");
    assertEquals(await dave.receive(server.address), ["alice: hello"]);
    taken = false;
  }
  server.lie = () => undefined;
  await scene.received();
  assert(server.shelf(scene.bobId).prekeys.length > ONE_TIME_TARGET);
  await scene.assertGoesOn();
});

Deno.test("server: whatever it says of marks and prekeys, it costs no session", async () => {
  await using scene = await Conversation.underWay();
  const { server, bob } = scene;
  let lies = 0;
  server.lie = (request, link) => {
    if (request.kind !== "check-in") return undefined;
    const honest = server.answer(request, link);
    if (honest.kind !== "checked-in") return honest;
    switch (lies++ % 4) {
      case 0:
        return { ...honest, mark: random(16) };
      case 1:
        return { ...honest, mark: new Uint8Array(16) };
      case 2:
        return { ...honest, prekeyId: honest.prekeyId + 1000 };
      default:
        return { ...honest, oneTimeLeft: 200, oneTimeKemLeft: 200 };
    }
  };
  const base = bob.profile.sessions.load(scene.aliceId).map(({ number }) => number);
  bob.notes.length = 0;
  let later = 0;
  const { now } = bob;
  bob.now = () => now() + later;
  for (let i = 0; i < 24; i++) {
    await scene.say(`text ${i}`);
    const got = await scene.received();
    assertEquals(got.filter((line) => !line.endsWith("(notice)")), [`alice: text ${i}`]);
    await bob.send(server.address, "alice", `answer ${i}`);
    assertEquals((await scene.answers()).filter((line) => !line.endsWith("(notice)")), [
      `bob: answer ${i}`,
    ]);
    later += 60 * 60 * 1000;
  }
  assertEquals(bob.profile.sessions.load(scene.aliceId).map(({ number }) => number), base);
  assert(bob.notes.length <= 24, "one note for each run");
  assert(bob.notes.every((note) => note.includes("another copy of this profile")));
  assertEquals(server.requests.filter(({ kind }) => kind === "fetch-prekeys").length, 1);
  assert(bob.profile.prekeys.after(0).length < 1_000, "secrets pile up");
  server.lie = () => undefined;
  await scene.assertGoesOn();
});

Deno.test("server: no claimed prekey ID uses up the remaining IDs", async () => {
  await using scene = await Conversation.underWay();
  const { server, bob } = scene;
  const before = bob.profile.prekeys.largestId();
  for (const prekeyId of [MAX_U32, MAX_U32 - 300, 2 ** 31, 2 ** 31 - 1, 2 ** 24]) {
    server.lie = (request, link) => {
      if (request.kind !== "check-in") return undefined;
      const honest = server.answer(request, link);
      return honest.kind === "checked-in" ? { ...honest, prekeyId } : honest;
    };
    assertEquals(await failure(scene.received()), "bad-response");
    assertEquals(bob.profile.prekeys.largestId(), before);
  }
  server.lie = () => undefined;
  await scene.assertGoesOn();
  server.lie = (request, link) => {
    if (request.kind !== "check-in") return undefined;
    const honest = server.answer(request, link);
    const left = { oneTimeLeft: MAX_U32, oneTimeKemLeft: MAX_U32 };
    return honest.kind === "checked-in" ? { ...honest, ...left } : honest;
  };
  assertEquals(await scene.received(), ["bob?: (notice)"]); // he hears what the server says
  server.lie = () => undefined;
  await scene.say("in the end");
  assertEquals(await scene.received(), ["alice: in the end"]);
  await scene.assertGoesOn();
});

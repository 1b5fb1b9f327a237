/** Prekeys are replaced in time, and their secrets dropped, but not before what waits is opened. */
import { PrekeyKind } from "../../../shared/protocol/prekey.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { tell } from "../../support/attack/parties.ts";
import { Scene } from "../../support/attack/prekey_scene.ts";
import { ONE_TIME_TARGET } from "../../support/new_client.ts";
import { until } from "../../support/until.ts";

const { signed, lastResort, oneTime, oneTimeKem } = PrekeyKind;
const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

Deno.test("prekeys: replaced after a day, their secrets dropped three days later", async () => {
  await using scene = await Scene.open();
  const [first, firstLast] = [scene.secrets(signed), scene.secrets(lastResort)];
  assertEquals([first.length, firstLast.length], [1, 1]);
  scene.now += DAY - 1;
  await scene.received();
  assertEquals(scene.secrets(signed), first);
  scene.now += 1;
  await scene.received();
  const second = scene.secrets(signed);
  assertEquals(second.length, 2);
  assertEquals(scene.secrets(lastResort).length, 2);
  const given = scene.server.shelf(scene.bob.profile.identity.id).draw();
  assertEquals(given?.[0].id, second[1]);
  scene.now += 3 * DAY;
  await scene.received();
  assert(scene.secrets(signed).includes(first[0]));
  scene.now += 1;
  await scene.received();
  assert(!scene.secrets(signed).includes(first[0]));
  assert(!scene.secrets(lastResort).includes(firstLast[0]));
});

Deno.test("prekeys: who only sends replaces them, and drops nothing", async () => {
  await using scene = await Scene.open();
  await scene.say("so that there is someone");
  await scene.received();
  for (let day = 1; day <= 10; day++) {
    scene.now += DAY;
    await scene.bob.send(scene.server.address, "alice", `day ${day}`);
    assertEquals(scene.secrets(signed).length, 1 + day);
  }
  await scene.received();
  assertEquals(scene.secrets(signed).length, 5); // the current one, and those of the last 3 days
});

Deno.test("prekeys: what waits is opened before the secret that it needs is dropped", async () => {
  await using scene = await Scene.open();
  await scene.say("hello");
  await scene.received();
  scene.startAnew();
  await scene.say("a first message");
  for (let day = 0; day < 10; day++) {
    scene.now += DAY;
    await scene.bob.send(scene.server.address, "alice", "I only send");
  }
  const [oldest] = scene.secrets(signed);
  assertEquals(await scene.received(), ["alice: a first message"]);
  assert(!scene.secrets(signed).includes(oldest));
});

Deno.test("prekeys: when messages cannot be collected, nothing is dropped", async () => {
  await using scene = await Scene.open();
  await scene.say("waits");
  for (let day = 0; day < 5; day++) {
    scene.now += DAY;
    await scene.bob.send(scene.server.address, "alice", "I only send");
  }
  scene.server.lie = ({ kind }) =>
    kind === "get-messages"
      ? { kind: "error", error: "failed", retryAfter: 0, text: "not now" }
      : undefined;
  const refused = await scene.received().catch(({ code }) => code);
  assertEquals(refused, "refused");
  assertEquals(scene.secrets(signed).length, 6);
  scene.server.lie = () => undefined;
  assertEquals(await scene.received(), ["alice: waits"]);
  assertEquals(scene.secrets(signed).length, 5);
});

Deno.test("prekeys: after ten days offline all that waited opens", async () => {
  await using scene = await Scene.open();
  const texts: string[] = [];
  for (let day = 0; day < 10; day++) {
    scene.startAnew();
    await scene.say(`day ${day}`);
    texts.push(`alice: day ${day}`);
    scene.now += DAY;
  }
  assertEquals(await scene.received(), texts);
  assertEquals(scene.secrets(signed).length, 2); // the one that all used is replaced today
  scene.now += 3 * DAY + 1;
  await scene.received();
  assertEquals(scene.secrets(signed).length, 2);
});

Deno.test("prekeys: one-time secrets handed out and not used go after four days", async () => {
  await using scene = await Scene.open();
  const shelf = scene.server.shelf(scene.bob.profile.identity.id);
  const stolen = [shelf.draw(), shelf.draw()].flatMap((it) => it ?? []);
  const ids = stolen.filter(({ kind }) => kind === oneTime || kind === oneTimeKem)
    .map(({ id }) => id);
  assertEquals(ids.length, 4);
  await scene.received(); // here he learns that they are gone
  const has = () => ids.filter((id) => scene.bob.profile.prekeys.get(id));
  scene.now += 4 * DAY;
  await scene.received();
  assertEquals(has(), ids);
  scene.now += 1;
  await scene.received();
  assertEquals(has(), []);
  // Those that still wait on the server are kept for as long as they do.
  scene.now += 100 * DAY;
  await scene.received();
  for (const { id, kind } of shelf.prekeys) {
    const isOneTime = kind === oneTime || kind === oneTimeKem;
    if (isOneTime) assert(scene.bob.profile.prekeys.get(id), `prekey ${id}`);
  }
  assertEquals(shelf.prekeys.filter(({ kind }) => kind === oneTime).length, ONE_TIME_TARGET - 2);
});

Deno.test("prekeys: a wrong clock delays neither replacing nor dropping for long", async () => {
  await using scene = await Scene.open();
  scene.now += 1000 * DAY; // wrong
  await scene.received();
  const wrong = scene.secrets(signed).at(-1);
  scene.now -= 1000 * DAY;
  await scene.received();
  const right = scene.secrets(signed).at(-1);
  assert(right !== wrong, "made in the future, and replaced now");
  await scene.received();
  assertEquals(scene.secrets(signed).at(-1), right);
  scene.now += 3 * DAY + 1;
  await scene.received();
  assert(!scene.secrets(signed).includes(wrong!));
});

Deno.test("prekeys: a follower drops secrets after it has opened what waited", async () => {
  await using scene = await Scene.open();
  const { alice, bob, server } = scene;
  await scene.say("hello");
  for (let day = 0; day < 5; day++) {
    scene.now += DAY;
    await bob.send(server.address, "alice", "I only send");
  }
  assertEquals(scene.secrets(signed).length, 6);
  await bob.with(server.address, async (client) => {
    const following = client.follow(`${bob.folder}/out`, () => {});
    const { value } = await following.next();
    assertEquals(value && tell(value), "alice: hello");
    // It works on only while it is asked for more.
    const next = following.next();
    await until("old secrets are dropped", () => scene.secrets(signed).length === 5);
    await alice.send(server.address, "bob", "bye");
    assertEquals(tell((await next).value!), "alice: bye");
    await following.return(undefined);
  });
});

Deno.test("prekeys: wherever a run stops, it leaves no evidence that a lie could use", async () => {
  await using scene = await Scene.open();
  const { server, alice, bob } = scene;
  bob.stateDirectory = `${bob.folder}/state`;
  await scene.say("hello");
  await scene.received();
  await bob.send(server.address, "alice", "hello yourself");
  await alice.receive(server.address);
  await scene.received(); // the receipt
  const sessions = () => bob.sessions(alice.profile.identity.id);
  const before = sessions();
  assertEquals(before.length, 1);
  const { copyMarks } = bob.profile;
  const stops: [string, () => void][] = [
    ["the answer does not come", () => {
      server.lie = ({ kind }) => kind === "check-in" ? (link) => link.cut() : undefined;
    }],
    ["publishing is refused", () => {
      server.lie = ({ kind }) =>
        kind === "publish-prekeys"
          ? { kind: "error", error: "forbidden", retryAfter: 0, text: "no" }
          : undefined;
      scene.now += DAY; // so that there is something to publish
    }],
    ["the profile is not written any more", () => {
      server.lie = () => undefined;
      copyMarks.settle = () => {
        throw new Error("the disk is gone");
      };
    }],
    ["the count cannot be written", () => {
      server.lie = () => undefined;
      Deno.removeSync(bob.stateDirectory!, { recursive: true });
      Deno.writeTextFileSync(bob.stateDirectory!, "in the way");
    }],
  ];
  for (const [what, prepare] of stops) {
    prepare();
    for (let i = 0; i < 5; i++) await scene.received().catch(() => {});
    Reflect.deleteProperty(copyMarks, "settle");
    server.lie = (request, link) => {
      const honest = server.answer(request, link);
      return honest.kind === "checked-in"
        ? { ...honest, mark: new Uint8Array(16).fill(1) }
        : honest;
    };
    await scene.received();
    assertEquals(sessions(), before, what);
  }
});

Deno.test("prekeys: texts to someone new that are sent at once use one bundle", async () => {
  await using scene = await Scene.open();
  const { alice, server } = scene;
  const texts = Array.from({ length: 8 }, (_, i) => `text ${i}`);
  await alice.with(server.address, async (client) => {
    await Promise.all(texts.map((text) => client.sendText("bob", text)));
  });
  assertEquals(server.requests.filter(({ kind }) => kind === "fetch-prekeys").length, 1);
  assertEquals(alice.profile.sessions.load(scene.bob.profile.identity.id).length, 1);
  assertEquals((await scene.received()).sort(), texts.map((text) => `alice: ${text}`));
});

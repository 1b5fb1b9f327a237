/** The table of PROTOCOL.md, "How a channel ends": each event, on a real server. */
import { concat } from "../../shared/bytes.ts";
import { writeAll } from "../../shared/io.ts";
import { KiB, MiB } from "../../shared/limits.ts";
import { encodeRequestHeader } from "../../shared/protocol/frame.ts";
import {
  encodeSecureRequest,
  secureHeader,
  type SecureRequest,
} from "../../shared/protocol/secure/requests.ts";
import { ErrorCode } from "../../shared/protocol/codes.ts";
import { MemoryBudget } from "../../server/limits/memory_budget.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { firstTable, partUnder, readDocument } from "../support/documents.ts";
import { type SecurePeer, Someone } from "../support/server/secure_peer.ts";
import { until } from "../support/until.ts";
import { FakeClock, ServerFixture } from "../support/server/server_fixture.ts";

interface Scene {
  server: ServerFixture;
  clock: FakeClock;
}

/** Brings an event about. Returns the peer that sees what follows; null if it saw it already. */
type Event = (scene: Scene) => Promise<SecurePeer | null>;

const LIST: SecureRequest = { kind: "list-clients", prefix: "", after: "" };
const PING: SecureRequest = { kind: "acknowledge", messageIds: [] };

/** Sends a first request without a channel, which must be closed without a byte. */
async function first(
  { server }: Scene,
  { code = 110, id = 0, size = 32 } = {},
): Promise<null> {
  const clientId = new Uint8Array(16).fill(id);
  const peer = await server.connect();
  const bytes = encodeRequestHeader({ clientId, version: 3, code, size });
  await peer.send(bytes, new Uint8Array(size));
  assertEquals((await peer.rest()).length, 0);
  return null;
}

async function afterLogin({ server }: Scene, ...bytes: Uint8Array[]): Promise<SecurePeer> {
  const peer = await server.secure("alice");
  await peer.send(...bytes);
  return peer;
}

const EVENTS: Record<string, Event> = {
  "the first request is not a 110 with an ID of zeros and a payload of 32 bytes": async (scene) => {
    await first(scene, { code: 112 });
    await first(scene, { id: 1 });
    return await first(scene, { size: 33 });
  },
  "the handshake fails": (scene) => first(scene), // a key of zeros
  "too many connections, or handshakes, from one address (section 13)": async (scene) => {
    const { server } = scene;
    const limits = { ...server.services.limits, maxConnections: 4 };
    const listener = server.listenAlso({ limits });
    using _ = await server.open(listener);
    assertEquals((await (await server.connect(listener)).rest()).length, 0);
    const address = { key: "127.0.0.1", network: null, exempt: false };
    while (server.services.rates.handshakes.take(address) === 0);
    return await first(scene);
  },
  "a place is needed, and this connection's address holds the most (section 13)": async (
    { server },
  ) => {
    const limits = { ...server.services.limits, maxConnections: 1 };
    const listener = server.listenAlso({ limits, exempt: new Set(["127.0.0.1"]) });
    const peer = await server.open(listener);
    await server.connect(listener);
    return peer;
  },
  "others wait for memory, and this connection moves too slowly (section 13)": async (scene) => {
    const { server, clock } = scene;
    const memory = new MemoryBudget(400 * KiB, clock.read);
    const listener = server.listenAlso({ memory });
    const [slow, other] = [await server.open(listener), await server.open(listener)];
    for (const peer of [slow, other]) {
      const who = await Someone.called(`client ${peer === slow}`);
      await peer.login(who);
      await peer.register(who);
    }
    await slow.send(secureHeader(103, 60 * KiB));
    await until("it has taken all", () => memory.requests.used >= 50 * KiB);
    await other.send(PING);
    await until("the other waits", () => memory.requests.waiting > 0);
    clock.now += 3_000;
    await other.expect("acknowledged");
    return slow;
  },
  "no login within 10 s of the first byte of the connection": async ({ server, clock }) => {
    const peer = await server.open();
    clock.now += 10_000;
    return peer;
  },
  "before the login: a request other than 112": async ({ server }) => {
    const peer = await server.open();
    await peer.send(LIST);
    return peer;
  },
  "a login that is refused": async ({ server }) => {
    const [peer, other] = [await server.open(), await server.open()];
    await peer.send(await other.loginOf(await Someone.called("alice")));
    return peer;
  },
  "after the login: a second one": async ({ server }) => {
    const peer = await server.secure("alice");
    await peer.send(await peer.loginOf(peer.who));
    return peer;
  },
  "after the login: a frame of another version than 3": (scene) => {
    return afterLogin(scene, encodeSecureRequest(LIST).with(16, 2));
  },
  "after the login: a refused request with a payload of at most 2 MiB": (scene) => {
    return afterLogin(scene, concat(secureHeader(200, 2 * MiB), new Uint8Array(2 * MiB)));
  },
  "after the login: a refused request with a larger payload": (scene) => {
    return afterLogin(scene, secureHeader(200, 2 * MiB + 1));
  },
  "a wrong tag, a length below 16, or 2^40 records under one key": async ({ server }) => {
    for (const record of [new Uint8Array([0, 15]), new Uint8Array(18).with(1, 16)]) {
      const peer = await server.secure(`alice ${record.length}`);
      await writeAll(peer.conn, record);
      await assertRejects(() => peer.ended(), Error);
    }
    return null;
  },
  "the client's end record, between two frames": async (scene) => {
    const peer = await afterLogin(scene, encodeSecureRequest(LIST));
    await peer.channel.end();
    await peer.expect("client-page");
    return peer;
  },
  "the client's end record inside a frame, or a cut": async (scene) => {
    const cut = await scene.server.secure("bob");
    await cut.conn.closeWrite();
    await assertRejects(() => cut.ended(), Error);
    const peer = await afterLogin(scene, encodeSecureRequest(PING).subarray(1));
    await peer.channel.end();
    return peer;
  },
  "a passed deadline (Idle, section 8)": async (scene) => {
    const peer = await afterLogin(scene, encodeSecureRequest(PING));
    await peer.expect("acknowledged");
    scene.clock.now += 10 * 60 * 1000;
    return peer;
  },
  "the server stops": async (scene) => {
    const peer = await afterLogin(scene, encodeSecureRequest(LIST));
    await peer.expect("client-page");
    scene.server.listener.stop();
    return peer;
  },
};

const part = partUnder(readDocument("shared/PROTOCOL.md"), "How a channel ends");
const table = firstTable(part);

for (const [event, answer, end] of table) {
  Deno.test(`PROTOCOL.md, ends: ${event}`, async () => {
    const clock = new FakeClock();
    await using server = await ServerFixture.start({ clock });
    const peer = await EVENTS[event]({ server, clock });
    if (!peer) return assertEquals([answer, end], ["none", "no"]);
    if (/^9\d+$|^its failure$/.test(answer)) {
      const code = ErrorCode[(await peer.expect("error")).error];
      assert(answer === "its failure" || Number(answer) === code, `${code}`);
    }
    if (end === "no") await assertRejects(() => peer.ended(), Error);
    else if (end === "goes on") await peer.request(PING, "acknowledged");
    else assert(await peer.ended());
    peer[Symbol.dispose](); // a server that stops waits for it
  });
}

Deno.test("PROTOCOL.md, ends: none is brought about here that the table lacks", () => {
  assertEquals(table.map(([event]) => event).toSorted(), Object.keys(EVENTS).toSorted());
});

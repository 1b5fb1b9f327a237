/** Many strangers ask for much, for what is refused, or without a pause; others ask for little. */
import { type Bytes, concatAll } from "../../shared/bytes.ts";
import { ChannelOpening } from "../../shared/channel/opening.ts";
import { MAX_LOOKED_UP } from "../../shared/limits.ts";
import { encodeSecureRequest, secureHeader } from "../../shared/protocol/secure/requests.ts";
import { PrekeyKind } from "../../shared/protocol/prekey.ts";
import { assert } from "../support/assert.ts";
import { prekeyOf } from "../support/prekeys.ts";
import { type PeerConn, requestBytes, ZERO_ID } from "../support/server/peer.ts";
import type { SecurePeer } from "../support/server/secure_peer.ts";
import { ServerFixture } from "../support/server/server_fixture.ts";
import { until } from "../support/until.ts";

const STRANGERS = 40;
/** Short requests, and for how many of the strangers' one may wait, on the average. */
const REQUESTS = 10;
const MOST = { long: 10, refused: 100, ahead: 1_000, handshakes: 20 };

/** Reads what comes until the connection ends. */
async function drain(conn: PeerConn): Promise<void> {
  const into = new Uint8Array(64 * 1024);
  while (await conn.read(into) !== null);
}

/** Has strangers send `requests`, all at once. Returns what ends them, and waits for that. */
async function flood(server: ServerFixture, requests: Bytes): Promise<{ leave(): Promise<void> }> {
  const strangers: SecurePeer[] = [];
  while (strangers.length < STRANGERS) {
    strangers.push(await server.secure(`stranger ${strangers.length}`));
  }
  const busy = strangers.flatMap((peer) => [peer.send(requests), drain(peer.conn)]);
  const over = Promise.allSettled(busy);
  return {
    async leave() {
      for (const stranger of strangers) stranger[Symbol.dispose]();
      await over;
    },
  };
}

/** Makes short requests as soon as the strangers are at work, which `served` counts. */
async function assertGoesBetween(
  request: () => Promise<unknown>,
  served: () => number,
  most: number,
): Promise<void> {
  await until("all of them are at work", () => served() > 2 * STRANGERS);
  const before = served();
  for (let i = 0; i < REQUESTS; i++) await request();
  const each = (served() - before) / REQUESTS;
  assert(each < most, `${each} requests of strangers for each`);
}

Deno.test("long requests: a short one waits for a few lookups, not for one of each", async () => {
  let served = 0;
  await using server = await ServerFixture.start({
    services: ({ storage }) => {
      const { clients } = storage;
      storage.clients = (ids) => {
        served++;
        return clients(ids);
      };
      return {};
    },
  });
  const alice = await server.secure("alice");
  const ids = Array(MAX_LOOKED_UP).fill(alice.who.id);
  const lookups = concatAll(Array(60).fill(encodeSecureRequest({ kind: "find-clients", ids })));
  const strangers = await flood(server, lookups);
  await assertGoesBetween(() => alice.acknowledge(), () => served, MOST.long);
  await strangers.leave();
});

Deno.test("long requests: a short one waits for a few that replace prekeys", async () => {
  let served = 0;
  await using server = await ServerFixture.start({
    services: ({ storage }) => {
      const { publish } = storage.prekeys;
      storage.prekeys.publish = (...prekeys) => {
        served++;
        return publish.apply(storage.prekeys, prekeys);
      };
      return {};
    },
  });
  const alice = await server.secure("alice");
  let id = 0;
  const replacing = () =>
    encodeSecureRequest({
      kind: "publish-prekeys",
      replace: true,
      prekeys: Array.from({ length: 100 }, () => prekeyOf(PrekeyKind.oneTimeKem, ++id)),
    });
  const requests = concatAll(Array.from({ length: 12 }, replacing));
  const strangers = await flood(server, requests);
  const send = () => alice.sendText(alice.who.id, "hello");
  await assertGoesBetween(send, () => served, MOST.long);
  await strangers.leave();
});

Deno.test("long requests: a short one waits for some of those that others send ahead", async () => {
  let served = 0;
  await using server = await ServerFixture.start({
    services: ({ metrics }) => {
      const { answered } = metrics;
      metrics.answered = (...request) => {
        served++;
        answered.apply(metrics, request);
      };
      return {};
    },
  });
  const alice = await server.secure("alice");
  const ahead = encodeSecureRequest({ kind: "acknowledge", messageIds: [1] });
  const requests = concatAll(Array(1_000).fill(ahead));
  const strangers = await flood(server, requests);
  await assertGoesBetween(() => alice.acknowledge(), () => served, MOST.ahead);
  await strangers.leave();
});

Deno.test("long requests: a short one waits for a few that are refused", async () => {
  let refused = 0;
  await using server = await ServerFixture.start({
    services: ({ metrics }) => {
      const { answered } = metrics;
      metrics.answered = (...request) => {
        if (request[2] !== "ok") refused++;
        answered.apply(metrics, request);
      };
      return {};
    },
  });
  const alice = await server.secure("alice");
  const poll = requestBytes(ZERO_ID, { kind: "get-messages" });
  const polls = concatAll(Array(5_000).fill(poll));
  const unknown = concatAll(Array(5_000).fill(secureHeader(250, 0)));
  const busy: Promise<unknown>[] = [];
  const strangers: Disposable[] = [];
  while (strangers.length < STRANGERS) {
    const [classic, secure] = [
      await server.connect(),
      await server.secure(`stranger ${strangers.length}`),
    ];
    busy.push(classic.send(polls), classic.rest(), secure.send(unknown), drain(secure.conn));
    strangers.push(classic, secure);
  }
  const over = Promise.allSettled(busy);
  await assertGoesBetween(() => alice.acknowledge(), () => refused, MOST.refused);
  for (const stranger of strangers) stranger[Symbol.dispose]();
  await over;
});

Deno.test("long requests: a short one waits for a few handshakes, not for all", async () => {
  await using server = await ServerFixture.start({
    limits: { handshakes: { burst: 10_000, interval: 1 } },
  });
  const { port } = server.listener.address;
  const alice = await server.secure("alice");
  const { request } = new ChannelOpening();
  let served = 0;
  let isOver = false;
  const knock = async () => {
    while (!isOver) {
      using conn = await Deno.connect({ hostname: "127.0.0.1", port });
      await conn.write(request);
      if (await conn.read(new Uint8Array(1)) !== null) served++;
    }
  };
  const over = Promise.allSettled(Array.from({ length: STRANGERS }, knock));
  await assertGoesBetween(() => alice.acknowledge(), () => served, MOST.handshakes);
  isOver = true;
  await over;
});

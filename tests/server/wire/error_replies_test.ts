/** Every refused request: version 2, code 9000, no payload, nothing changed. */
import { type Bytes, concat, fromHex, utf8 } from "../../../shared/bytes.ts";
import { encodeSendPrefix } from "../../../shared/protocol/classic/requests.ts";
import type { MessageType } from "../../../shared/protocol/codes.ts";
import { encodeRequestHeader, type RequestHeader } from "../../../shared/protocol/frame.ts";
import { assertEquals } from "../../support/assert.ts";
import { expectKind, keyOf, type Peer, requestBytes, ZERO_ID } from "../../support/server/peer.ts";
import { type FixtureOptions, ServerFixture } from "../../support/server/server_fixture.ts";

const REFUSED = fromHex("02282300000000"); // version 2, code 9000, size 0
const UNKNOWN: Bytes = new Uint8Array(16).fill(0xab);

interface Clients {
  alice: Bytes;
  bob: Bytes;
}

/** The bytes of a request whose payload is `payload`, or only claims to be `size` bytes long. */
function raw(clientId: Bytes, code: number, payload: Uint8Array, size = payload.length): Bytes {
  const header: RequestHeader = { clientId, version: 2, code, size };
  return concat(encodeRequestHeader(header), payload);
}

function prefix(to: Bytes, type: number, size: number): Bytes {
  return encodeSendPrefix({ to, type: type as MessageType, size });
}

/** A registration with this name field. */
function registration(...name: Uint8Array[]): Bytes {
  const field = new Uint8Array(255);
  field.set(concat(...name));
  return raw(ZERO_ID, 100, concat(field, keyOf("carol")));
}

/** Alice and Bob, with a message waiting for each. */
async function populate(peer: Peer): Promise<Clients> {
  const [alice, bob] = [await peer.register("alice"), await peer.register("bob")];
  await peer.sendText(alice, bob, utf8("for bob"));
  await peer.sendText(bob, alice, new Uint8Array(70_000));
  return { alice, bob };
}

/**
 * Sends each request, and checks its answer, that nothing has changed, and that the connection
 * serves a further request.
 */
function refusalTest(
  name: string,
  requests: (clients: Clients) => Bytes[],
  options: FixtureOptions = {},
): void {
  Deno.test(`refused: ${name}`, async () => {
    await using server = await ServerFixture.start(options);
    const peer = await server.connect();
    const clients = await populate(peer);
    const before = server.dump();
    for (const [i, request] of requests(clients).entries()) {
      const which = `request ${i}`;
      await peer.send(request);
      assertEquals(await peer.read(REFUSED.length), REFUSED, which);
      assertEquals(server.dump(), before, which);
      const list = await peer.request(clients.alice, { kind: "client-list" });
      assertEquals(expectKind(list, "client-list").clients.length, 1, which);
    }
  });
}

refusalTest("unknown codes", ({ alice }) =>
  [0, 1, 99, 105, 110, 255].flatMap((code) => [
    raw(alice, code, new Uint8Array(0)),
    raw(alice, code, new Uint8Array(1000)),
    raw(alice, code, new Uint8Array(1 << 20)),
  ]));

refusalTest("payloads of a wrong size", ({ alice, bob }) => {
  const sizes: [code: number, size: number][] = [
    [100, 0],
    [100, 414],
    [100, 416],
    [100, 1 << 20],
    [101, 1],
    [101, 16],
    [102, 0],
    [102, 15],
    [102, 17],
    [102, 32],
    [103, 0],
    [103, 20],
    [104, 1],
    [104, 16],
  ];
  const good = concat(bob, keyOf("carol"), keyOf("dave"), keyOf("erin"), new Uint8Array(1 << 20));
  return sizes.map(([code, size]) => raw(alice, code, good.subarray(0, size)));
});

refusalTest("requests of nobody", ({ alice }) =>
  [UNKNOWN, ZERO_ID].flatMap((nobody) => [
    requestBytes(nobody, { kind: "client-list" }),
    requestBytes(nobody, { kind: "public-key", target: alice }),
    requestBytes(nobody, { kind: "send", to: alice, type: 3, content: utf8("text") }),
    requestBytes(nobody, { kind: "send", to: alice, type: 4, content: new Uint8Array(100_000) }),
    requestBytes(nobody, { kind: "get-messages" }),
  ]));

refusalTest("unknown targets", ({ alice }) =>
  [UNKNOWN, ZERO_ID].flatMap((target) => [
    requestBytes(alice, { kind: "public-key", target }),
    requestBytes(alice, { kind: "send", to: target, type: 1, content: new Uint8Array(0) }),
    requestBytes(alice, { kind: "send", to: target, type: 3, content: utf8("text") }),
    requestBytes(alice, { kind: "send", to: target, type: 4, content: new Uint8Array(100_000) }),
  ]));

refusalTest("unknown message types", ({ alice, bob }) =>
  [0, 5, 128, 255].flatMap((type) => [
    raw(alice, 103, prefix(bob, type, 0)),
    raw(alice, 103, concat(prefix(bob, type, 4), utf8("text"))),
    raw(alice, 103, concat(prefix(bob, type, 100_000), new Uint8Array(100_000))),
  ]));

refusalTest(
  "requests for a key with a content",
  ({ alice, bob }) =>
    [1, 4, 70_000, 100_000].map((size) =>
      requestBytes(alice, { kind: "send", to: bob, type: 1, content: new Uint8Array(size) })
    ),
);

refusalTest(
  "contents whose size is not what the payload leaves",
  ({ alice, bob }) =>
    [0, 3, 5, 70_000, 0x4000_0000, 0xffff_ffff].map((size) =>
      raw(alice, 103, concat(prefix(bob, 3, size), utf8("text")))
    ),
);

refusalTest("taken names", () => [registration(utf8("alice")), registration(utf8("bob"))]);

refusalTest("bad names", () => [
  registration(utf8("")),
  registration(utf8("x")),
  registration(utf8("💬")), // one character of four bytes
  registration(new Uint8Array(255).fill(0x61)), // no zero at the end
  registration(fromHex("616cff")), // not UTF-8
  registration(fromHex("c061")),
  registration(fromHex("eda080eda080")), // surrogates
  registration(utf8("carol"), new Uint8Array(1), utf8("hidden")),
  registration(utf8("carol"), new Uint8Array(249), utf8("x")), // something in the last byte
  registration(new Uint8Array(1), utf8("carol")),
]);

refusalTest("more clients than allowed", () => [registration(utf8("carol"))], {
  limits: { maxClients: 2 },
});

refusalTest(
  "contents over the limit",
  ({ alice, bob }) =>
    [100_001, 900_000].map((size) =>
      requestBytes(alice, { kind: "send", to: bob, type: 4, content: new Uint8Array(size) })
    ),
  { limits: { maxContentSize: 100_000 } },
);

refusalTest(
  "contents for a full mailbox",
  ({ alice, bob }) =>
    [94, 65_536, 900_000].map((size) =>
      requestBytes(bob, { kind: "send", to: alice, type: 4, content: new Uint8Array(size) })
    ),
  { limits: { maxMailboxSize: 70_093, mailboxParts: 1 } },
);

refusalTest(
  "messages for a mailbox that holds too many",
  ({ alice, bob }) =>
    [0, 1, 100_000].map((size) =>
      requestBytes(bob, { kind: "send", to: alice, type: 3, content: new Uint8Array(size) })
    ),
  { limits: { maxMessages: 1, mailboxParts: 1 } },
);

for (const version of [0, 4, 255]) {
  Deno.test(`refused: version ${version}, after which nothing is understood`, async () => {
    await using server = await ServerFixture.start();
    const first = await server.connect();
    const { alice, bob } = await populate(first);
    first.close();
    await server.connectionsLeft(0);
    const before = server.dump();
    const requests = [
      requestBytes(ZERO_ID, { kind: "register", name: "carol", publicKey: keyOf("carol") }),
      requestBytes(alice, { kind: "send", to: bob, type: 3, content: utf8("text") }),
      requestBytes(alice, { kind: "get-messages" }),
    ];
    for (const request of requests) {
      const peer = await server.connect();
      const other = request.slice();
      other[16] = version;
      await peer.send(other, requestBytes(alice, { kind: "client-list" }));
      assertEquals(await peer.rest(), REFUSED); // and then the end
      peer.close();
      await server.connectionsLeft(0);
      assertEquals(server.dump(), before);
    }
  });
}

Deno.test("requests that end too early are not answered and change nothing", async () => {
  await using server = await ServerFixture.start();
  const first = await server.connect();
  const { alice, bob } = await populate(first);
  first.close();
  await server.connectionsLeft(0);
  const before = server.dump();
  const small = requestBytes(alice, { kind: "send", to: bob, type: 3, content: utf8("text") });
  const large = raw(alice, 103, concat(prefix(bob, 4, 500_000), new Uint8Array(500_000)));
  const requests = [
    ...[1, 16, 17, 18, 21, 22, 23, 42, 43, 46].map((size) => small.subarray(0, size)),
    ...[43, 44, 65_578, 300_000, large.length - 1].map((size) => large.subarray(0, size)),
    registration(utf8("carol")).subarray(0, 22 + 414),
    raw(alice, 102, bob).subarray(0, 22 + 15),
  ];
  for (const request of requests) {
    const peer = await server.connect();
    await peer.send(request);
    await peer.endSending();
    assertEquals(await peer.rest(), new Uint8Array(0), `${request.length} bytes`);
    peer.close();
    await server.connectionsLeft(0);
    assertEquals(server.dump(), before, `${request.length} bytes`);
  }
});

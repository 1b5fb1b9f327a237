/** Sizes that are claimed and over a limit: refused before a byte of them is read or allocated. */
import { type Bytes, concat, fromHex } from "../../../shared/bytes.ts";
import { MAX_U32 } from "../../../shared/limits.ts";
import { encodeSendPrefix } from "../../../shared/protocol/classic/requests.ts";
import { encodeRequestHeader } from "../../../shared/protocol/frame.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { ZERO_ID } from "../../support/server/peer.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";

const REFUSED = fromHex("02282300000000");

/** What is sent of requests that claim nearly 4 GiB each; no byte of their contents. */
function claims(alice: Bytes): Bytes[] {
  const header = (clientId: Bytes, code: number, size: number) =>
    encodeRequestHeader({ clientId, version: 2, code, size });
  const send = (size: number) =>
    concat(header(alice, 103, size + 21), encodeSendPrefix({ to: alice, type: 4, size }));
  return [
    send(MAX_U32 - 21),
    send((1 << 30) + 1),
    ...[0, 99, 100, 101, 102, 104, 255].map((code) => header(alice, code, MAX_U32)),
    header(ZERO_ID, 100, MAX_U32),
    concat(header(ZERO_ID, 103, MAX_U32), encodeSendPrefix({ to: alice, type: 4, size: 1 })),
    concat(
      header(ZERO_ID, 103, MAX_U32),
      encodeSendPrefix({ to: alice, type: 4, size: MAX_U32 - 21 }),
    ),
  ];
}

Deno.test("claims of 4 GiB are refused unread, and end the connection", async () => {
  await using server = await ServerFixture.start();
  const first = await server.connect();
  const alice = await first.register("alice");
  const before = server.dump();
  for (const [i, claim] of claims(alice).entries()) {
    const peer = await server.connect();
    await peer.send(claim);
    assertEquals(await peer.rest(), REFUSED, `claim ${i}`);
    peer.close();
  }
  await server.connectionsLeft(1);
  assertEquals(server.dump(), before);
});

Deno.test("a refused peer that goes on sending is given the time to notice", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.connect();
  const alice = await peer.register("alice");
  await peer.send(encodeRequestHeader({ clientId: alice, version: 2, code: 99, size: MAX_U32 }));
  assertEquals(await peer.rest(), REFUSED); // the server has ended its half
  const step = new Uint8Array(100_000);
  for (let i = 0; i < 8; i++) await peer.send(step); // fails if it has ended both
  assertEquals(server.listener.connections, 1);
  peer.close();
  await server.connectionsLeft(0);
});

Deno.test("claims of a size that is read over are refused unread, too", async () => {
  await using server = await ServerFixture.start();
  const first = await server.connect();
  const alice = await first.register("alice");
  const claim = (code: number, size: number) =>
    encodeRequestHeader({ clientId: alice, version: 2, code, size });
  for (const code of [0, 99, 100, 101, 102, 104, 255]) {
    const peer = await server.connect();
    await peer.send(claim(code, 1000));
    assertEquals(await peer.read(7), REFUSED);
    await peer.send(new Uint8Array(1000), claim(101, 0));
    assertEquals(await peer.read(7), fromHex("02e90300000000")); // in step
  }
});

Deno.test("claims allocate nothing", async () => {
  await using server = await ServerFixture.start();
  const first = await server.connect();
  const alice = await first.register("alice");
  // Accepted as far as they have come, too: up to 1 GiB is allowed, and nothing of it arrives.
  const header = encodeRequestHeader({
    clientId: alice,
    version: 2,
    code: 103,
    size: 21 + 2 ** 30,
  });
  const allowed = concat(header, encodeSendPrefix({ to: alice, type: 4, size: 2 ** 30 }));
  const before = Deno.memoryUsage();
  const requests = [...claims(alice), allowed, allowed, allowed];
  for (const request of requests) {
    const peer = await server.connect();
    await peer.send(request);
    if (request !== allowed) assertEquals(await peer.read(7), REFUSED);
  }
  const { external, rss } = Deno.memoryUsage();
  const grown = Math.max(external - before.external, rss - before.rss) / 2 ** 20;
  assert(grown < 64, `memory grew by ${grown} MiB`);
});

Deno.test("a refused content of bounded size is read over, a larger one is not", async () => {
  await using server = await ServerFixture.start({
    limits: { maxContentSize: 1000, maxDiscardSize: 5000 },
  });
  const first = await server.connect();
  const alice = await first.register("alice");
  const request = (size: number) =>
    concat(
      encodeRequestHeader({ clientId: alice, version: 2, code: 103, size: size + 21 }),
      encodeSendPrefix({ to: alice, type: 4, size }),
      new Uint8Array(size),
    );
  const list = encodeRequestHeader({ clientId: alice, version: 2, code: 101, size: 0 });
  const listed = fromHex("02e90300000000");

  const bounded = await server.connect();
  await bounded.send(request(5000), list);
  assertEquals(await bounded.read(14), concat(REFUSED, listed));

  const larger = await server.connect();
  await larger.send(request(5001), list);
  assertEquals(await larger.rest(), REFUSED);
});

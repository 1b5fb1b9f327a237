/** A response holds as many messages as fit into it; the rest comes with the next poll. */
import { utf8 } from "../../../shared/bytes.ts";
import { MAX_U32 } from "../../../shared/limits.ts";
import { MESSAGE_HEAD_SIZE } from "../../../shared/protocol/message.ts";
import { assertEquals } from "../../support/assert.ts";
import { requestBytes } from "../../support/server/peer.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";

const GiB = 2 ** 30;
const POLL = { kind: "get-messages" } as const;

Deno.test("no more messages than allowed in one response", async () => {
  await using server = await ServerFixture.start({ limits: { maxDeliveryCount: 3 } });
  const peer = await server.connect();
  const alice = await peer.register("alice");
  for (let i = 1; i <= 7; i++) await peer.sendText(alice, alice, utf8(`${i}`));
  const polls = [];
  for (let i = 0; i < 4; i++) polls.push((await peer.poll(alice)).map(({ text }) => text));
  assertEquals(polls, [["1", "2", "3"], ["4", "5", "6"], ["7"], []]);
});

Deno.test("no more bytes than the 4-byte size can say", async () => {
  await using server = await ServerFixture.start();
  const first = await server.connect();
  const alice = await first.register("alice");
  await first.sendText(alice, alice, utf8("small"));
  await server.depositHole(alice, 3 * GiB);
  await server.depositHole(alice, 3 * GiB);
  await first.sendText(alice, alice, utf8("last"));

  const peer = await server.connect();
  await peer.send(requestBytes(alice, POLL));
  const header = await peer.header();
  assertEquals(header.size, 2 * MESSAGE_HEAD_SIZE + 5 + 3 * GiB);
  assertEquals((await peer.messageHead()).messageId, 1);
  await peer.read(5);
  assertEquals((await peer.messageHead()).size, 3 * GiB);

  // Meanwhile another connection gets the rest: in order, so the small one behind waited, too.
  const other = await server.connect();
  await other.send(requestBytes(alice, POLL));
  assertEquals((await other.header()).size, 2 * MESSAGE_HEAD_SIZE + 3 * GiB + 4);
  assertEquals((await other.messageHead()).messageId, 3);
  peer.close();
  other.close();
  await server.connectionsLeft(1);
  assertEquals(server.dump().messages.length, 4);
});

Deno.test("a response may be exactly as large as its size can say", async () => {
  await using server = await ServerFixture.start();
  const first = await server.connect();
  const alice = await first.register("alice");
  const room = MAX_U32 - 2 * MESSAGE_HEAD_SIZE;
  for (const [size, fits] of [[room - 3 * GiB, true], [room - 3 * GiB + 1, false]] as const) {
    await server.depositHole(alice, 3 * GiB);
    await server.depositHole(alice, size);
    const peer = await server.connect();
    await peer.send(requestBytes(alice, POLL));
    const expected = fits ? MAX_U32 : MESSAGE_HEAD_SIZE + 3 * GiB;
    assertEquals((await peer.header()).size, expected);
    peer.close();
    await server.connectionsLeft(1);
    const { leases } = server.services.storage;
    await leases.remove(await leases.take(alice, { count: Infinity, size: Infinity }));
  }
});

Deno.test("damaged files take no room from the messages behind them", async () => {
  await using server = await ServerFixture.start({
    errors: true,
    limits: { maxDeliveryCount: 3, mailboxParts: 1 },
  });
  const peer = await server.connect();
  const alice = await peer.register("alice");
  for (let i = 0; i < 4; i++) {
    await Deno.remove(await server.depositHole(alice, 3 * GiB));
  }
  for (let i = 1; i <= 4; i++) await peer.sendText(alice, alice, utf8(`${i}`));
  assertEquals((await peer.poll(alice)).map(({ text }) => text), ["1", "2", "3"]);
  assertEquals((await peer.poll(alice)).map(({ text }) => text), ["4"]);
  assertEquals(await peer.poll(alice), []);
  assertEquals(server.dump().messages.length, 4);
});

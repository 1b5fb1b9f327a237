/** A peer that is killed in the middle of a delivery: its messages come back. */
import { type Bytes, toHex, utf8 } from "../../shared/bytes.ts";
import { RESPONSE_HEADER_SIZE } from "../../shared/protocol/frame.ts";
import { MESSAGE_HEAD_SIZE } from "../../shared/protocol/message.ts";
import { assertEquals } from "../support/assert.ts";
import { requestBytes } from "../support/server/peer.ts";
import { ServerFixture } from "../support/server/server_fixture.ts";

const POLL = { kind: "get-messages" } as const;

/** Lets a process poll for `id`, read `size` bytes, and kills it then. */
async function pollAndDie(server: ServerFixture, id: Bytes, size: number): Promise<void> {
  const script = new URL("../support/server/stuck_peer.ts", import.meta.url).href;
  const args = [server.listener.address.port, toHex(requestBytes(id, POLL)), size].map(String);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-net=127.0.0.1", script, ...args],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read(); // it has said that it has read its part
  await reader.cancel();
  child.kill("SIGKILL");
  await child.status;
}

for (const size of [1, RESPONSE_HEADER_SIZE, RESPONSE_HEADER_SIZE + 2 * MESSAGE_HEAD_SIZE + 7]) {
  Deno.test(`a peer that is killed after ${size} bytes of its messages`, async () => {
    await using server = await ServerFixture.start();
    const first = await server.connect();
    const alice = await first.register("alice");
    for (const text of ["one", "two", "three"]) await first.sendText(alice, alice, utf8(text));
    const before = server.dump();
    await pollAndDie(server, alice, size);
    await server.connectionsLeft(1);
    assertEquals(server.dump(), before);
    assertEquals((await first.poll(alice)).map(({ text }) => text), ["one", "two", "three"]);
  });
}

Deno.test("a peer that is killed in the middle of a large file", async () => {
  await using server = await ServerFixture.start();
  const first = await server.connect();
  const alice = await first.register("alice");
  await server.depositHole(alice, 2 ** 30); // more than the sockets hold
  const before = server.dump();
  await pollAndDie(server, alice, 1_000_000);
  await server.connectionsLeft(1);
  assertEquals(server.dump(), before);
  await first.send(requestBytes(alice, POLL));
  assertEquals((await first.header()).size, MESSAGE_HEAD_SIZE + 2 ** 30);
});

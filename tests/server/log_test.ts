/** What the log may hold: IDs of messages, codes, sizes and reasons. */
import { toHex, utf8 } from "../../shared/bytes.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { expectKind, keyOf, requestBytes } from "../support/server/peer.ts";
import { ServerFixture } from "../support/server/server_fixture.ts";

Deno.test("no name, key, content or client ID comes into the log", async () => {
  await using server = await ServerFixture.start({ errors: true });
  const peer = await server.connect();
  const name = "Alice Liddell";
  const text = "down the rabbit-hole";
  const alice = await peer.register(name);
  await peer.sendText(alice, alice, utf8(text));
  await peer.sendText(alice, alice, utf8(text.repeat(5000)));
  // Refusals of every kind, a damaged file, ends in the middle.
  expectKind(
    await peer.request(alice, { kind: "register", name, publicKey: keyOf(name) }),
    "failure",
  );
  expectKind(
    await peer.request(alice, { kind: "public-key", target: alice.toReversed() }),
    "failure",
  );
  await Deno.truncate(server.file(server.files()[0].split(" ")[0]), 1);
  assertEquals((await peer.poll(alice)).length, 1);
  await peer.send(
    requestBytes(alice, { kind: "send", to: alice, type: 3, content: utf8(text) })
      .subarray(0, 60),
  );
  peer.close();
  await server.connectionsLeft(0);
  const broken = await server.connect();
  await Deno.remove(`${server.folder}/files`, { recursive: true });
  const content = utf8(text.repeat(5000));
  expectKind(await broken.request(alice, { kind: "send", to: alice, type: 4, content }), "failure");
  await Deno.mkdir(`${server.folder}/files`);

  assert(server.log.length >= 5, "there is something to look at");
  for (const record of server.log) {
    const written = record.message.join(" ") + Deno.inspect(record.properties, { depth: 9 });
    const secrets = [
      name,
      text.slice(0, 10),
      toHex(alice),
      String(alice),
      Deno.inspect(alice),
      toHex(keyOf(name)).slice(0, 20),
    ];
    for (const secret of secrets) assert(!written.includes(secret), `"${secret}" in ${written}`);
  }
});

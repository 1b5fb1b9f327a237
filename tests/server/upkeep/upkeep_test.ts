import { DAY } from "../../../server/limits/limits.ts";
import { startExpiry, sweep } from "../../../server/upkeep/upkeep.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { assertEquals } from "../../support/assert.ts";
import { newToken } from "../../support/server/secure_peer.ts";
import { openUpload } from "../../support/server/secure_uploads.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";

Deno.test("upkeep: a sweep keeps the blobs that messages need, removes the others", async () => {
  await using server = await ServerFixture.start();
  const { who } = await server.secure("alice");
  const needed = await server.depositHole(who.id, 100);
  for (const name of ["a".repeat(32), `${"b".repeat(32)}.part`]) {
    await Deno.writeFile(server.file(name), new Uint8Array(9));
  }
  await Deno.writeFile(`${server.folder}/chunks/${"c".repeat(32)}`, new Uint8Array(9));
  await sweep(server.services);
  assertEquals(server.files(), [`${needed.slice(-32)} 100`]);
  assertEquals([...Deno.readDirSync(`${server.folder}/chunks`)], []);
  const told = server.log.filter(({ level }) => level === "info");
  assertEquals(told.map(({ properties }) => properties.swept), [2, 1]);
});

Deno.test("upkeep: what is too old goes at the start already", async () => {
  let now = 0;
  await using server = await ServerFixture.start({ now: () => now });
  const alice = await server.secure("alice");
  await openUpload(alice, newToken(), 1000);
  const { id } = alice.who;
  const content = { inline: new Uint8Array(1) };
  const deposit = { from: id, to: id, type: MessageType.text, content, token: newToken() };
  await server.services.storage.deposit(deposit);
  now = 9 * DAY;
  const stop = await startExpiry(server.services);
  stop(); // or the test would leave a timer behind
  assertEquals([server.dump().shared, server.dump().tokens], [[], []]);
  assertEquals(server.dump().messages.length, 1);
  await server.depositHole(id, 100_000);
  now = 31 * DAY;
  (await startExpiry(server.services))();
  assertEquals([server.dump().messages.length, server.files().length], [1, 1]);
  now = 40 * DAY;
  (await startExpiry(server.services))();
  assertEquals([server.dump().messages, server.files()], [[], []]);
});

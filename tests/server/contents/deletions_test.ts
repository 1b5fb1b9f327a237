import { toHex } from "../../../shared/bytes.ts";
import { FILE_CHUNK_SIZE } from "../../../shared/limits.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { assertEquals } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { newToken } from "../../support/server/secure_peer.ts";
import { openUpload, share, upload } from "../../support/server/secure_uploads.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";

const CONTENT = sampleBytes(FILE_CHUNK_SIZE + 1000);
/** Too large for the database. */
const LARGE = sampleBytes(100_000);

function namesIn(server: ServerFixture): string[] {
  return ["files", "chunks"].flatMap((folder) =>
    [...Deno.readDirSync(`${server.folder}/${folder}`)].map(({ name }) => name)
  ).sort();
}

Deno.test("deletions: while held, what goes stays on the disk until all let go", async () => {
  await using server = await ServerFixture.start({ errors: true });
  const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
  const [fetched, expired] = [newToken(), newToken()];
  await upload(alice, fetched, CONTENT, bob.who.id);
  await upload(alice, expired, CONTENT, bob.who.id);
  const message = {
    kind: "send",
    to: bob.who.id,
    token: newToken(),
    type: MessageType.text,
  } as const;
  const { messageId } = await alice.request({ ...message, content: LARGE }, "sent");
  const all = namesIn(server);
  assertEquals(all.length, 5);

  const releases = [server.services.deletions.hold(), server.services.deletions.hold()];
  await bob.acknowledge(messageId);
  await bob.request({ kind: "release", blob: fetched }, "released");
  await alice.request({ kind: "release", blob: expired }, "released");
  assertEquals([server.dump().messages, server.dump().shared], [[], []]);
  assertEquals(namesIn(server), all);

  // Its bytes are another file's for a while.
  assertEquals(
    await alice.refused({ kind: "open-upload", blob: fetched, size: 5000 }),
    "failed",
  );
  const fresh = newToken();
  await upload(alice, fresh, CONTENT, bob.who.id);

  await releases[0]();
  await releases[0]();
  assertEquals(namesIn(server).length, 7);
  await releases[1]();
  assertEquals(namesIn(server), [toHex(fresh), `${toHex(fresh)}.marks`]);
  assertEquals(await openUpload(alice, fetched, 5000), 0);
  await share(alice, fresh, bob.who.id);
});

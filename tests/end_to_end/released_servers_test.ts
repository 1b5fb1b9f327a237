/** The servers of releases (`tests/vectors/servers/`) go on as servers of this version. */
import { type Bytes, toHex } from "../../shared/bytes.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import { assert, assertEquals } from "../support/assert.ts";
import {
  clientId,
  copyServer,
  dave,
  RELEASES,
  type Waiting,
  waitingFor,
  withServerDatabase,
} from "../support/server/released_servers.ts";
import { expectKind, Peer } from "../support/server/peer.ts";
import { SecurePeer } from "../support/server/secure_peer.ts";
import { runServer, startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";

/** Nothing of a release ever expires, however old it is. */
const ARGS = ["--expire", "99999"];

function asWaiting(
  { from, messageId, type, content }: Omit<Waiting, "from"> & { from: Uint8Array },
): Waiting {
  return { from: toHex(from), messageId, type, content };
}

for (const release of RELEASES) {
  Deno.test(`released servers: ${release} delivers what waited for a classic client`, async () => {
    await using temp = await tempFolder();
    const data = `${temp.path}/data`;
    copyServer(release, data);
    const waiting = waitingFor(data, "bob");
    assertEquals(waiting.map(({ type }) => type), [MessageType.text, MessageType.file]);
    await using server = await startServer({ data, args: ARGS });
    using peer = await Peer.connect(server.port);
    const response = await peer.request(clientId(data, "bob"), { kind: "get-messages" });
    assertEquals(expectKind(response, "messages").messages.map(asWaiting), waiting);
  });

  if (release === "0.1.0") continue; // which had no secure clients
  Deno.test(`released servers: ${release} delivers what waited for a secure client`, async () => {
    await using temp = await tempFolder();
    const data = `${temp.path}/data`;
    copyServer(release, data);
    const waiting = waitingFor(data, "dave");
    assertEquals(waiting.map(({ type }) => type), [MessageType.text, MessageType.file]);
    await using server = await startServer({ data, args: ARGS });
    using peer = await SecurePeer.open(server.port);
    assertEquals((await peer.login(await dave(release))).registered, true);
    assertEquals((await peer.poll()).map(asWaiting), waiting);
    const blob = withServerDatabase(
      data,
      (database) => database.prepare("SELECT id FROM files").value<[Bytes]>()?.[0],
    );
    assertEquals(blob !== undefined, release !== "0.2.0", "a file in chunks waits");
    if (blob) {
      const { bytes } = await peer.request({ kind: "get-chunk", blob, chunk: 0 }, "chunk");
      assertEquals(bytes, Deno.readFileSync(`${data}/chunks/${toHex(blob)}`));
    }
    await peer.acknowledge(...waiting.map(({ messageId }) => messageId));
    assertEquals(await peer.poll(), []);
  });
}

Deno.test("released servers: a folder of a newer version is refused, and stays", async () => {
  await using temp = await tempFolder();
  const data = `${temp.path}/data`;
  copyServer("0.4.0", data);
  withServerDatabase(data, (database) => database.exec("PRAGMA user_version = 1000"));
  const { code, stderr } = await runServer(["--port", "0", "--data", data]);
  assertEquals(code, 1);
  assert(stderr.includes("the database is from a newer version of this server"), stderr);
  withServerDatabase(data, (database) => {
    assertEquals(database.prepare("PRAGMA user_version").value(), [1000]);
  });
});

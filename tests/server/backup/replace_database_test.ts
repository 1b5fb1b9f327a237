/** Databases of older versions become ones that give room back, and keep all of it. */
import { makeShrinkable } from "../../../server/backup/replace_database.ts";
import { canShrink } from "../../../server/storage/sqlite/salvage.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { runServer, startServer } from "../../support/server_process.ts";
import {
  copyServer,
  dave,
  RELEASES,
  rowsOf,
  waitingFor,
  withServerDatabase,
} from "../../support/server/released_servers.ts";
import { SecurePeer } from "../../support/server/secure_peer.ts";
import { tempFolder } from "../../support/temp_folder.ts";

for (const release of RELEASES) {
  Deno.test(`compact: a database that ${release} has made can shrink after it`, async () => {
    await using temp = await tempFolder();
    const data = `${temp.path}/data`;
    copyServer(release, data);
    {
      await using server = await startServer({ data });
      const { code, stderr } = await runServer(["compact", "--data", data]);
      assertEquals(code, 1);
      assert(stderr.includes("stop the server, and compact again"), stderr);
      await server.stop();
    }
    const [before, waiting] = [rowsOf(data), waitingFor(data, "dave")];
    assertEquals(canShrink(`${data}/server.db`), false);
    const { code, stderr } = await runServer(["compact", "--data", data]);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(canShrink(`${data}/server.db`), true);
    assertEquals(rowsOf(data), before);
    assertEquals((await runServer(["verify", "--data", data])).code, 0);
    await using server = await startServer({ data });
    assertEquals((await runServer(["compact", "--data", data])).code, 0);
    if (release === "0.1.0") return; // there was no dave
    using peer = await SecurePeer.open(server.port);
    await peer.login(await dave(release));
    assertEquals(
      (await peer.poll()).map(({ content }) => content),
      waiting.map((one) => one.content),
    );
  });
}

Deno.test("compact: a number that an invite had is given to no other afterwards", async () => {
  await using temp = await tempFolder();
  const data = temp.path;
  await (await startServer({ data })).stop();
  const invite = async (...args: string[]) => {
    return (await runServer(["invite", ...args, "--data", data])).stdout;
  };
  await invite();
  await invite("withdraw", "1");
  // As an older version would have made it.
  const database = `${data}/server.db`;
  withServerDatabase(data, (database) => database.exec("PRAGMA journal_mode = DELETE"));
  const bytes = await Deno.readFile(database);
  bytes.fill(0, 64, 68); // the mark of incremental vacuum (SQLite's file format, section 1.3)
  await Deno.writeFile(database, bytes);
  await makeShrinkable(data);
  assertEquals(JSON.parse(await invite("--json")).number, 2);
});

Deno.test("compact: a damaged database stays as it is", async () => {
  await using temp = await tempFolder();
  const data = `${temp.path}/data`;
  copyServer("0.4.0", data);
  await (await startServer({ data })).stop();
  const path = `${data}/server.db`;
  const bytes = await Deno.readFile(path);
  const page = 4096;
  // All pages but the first, which has the tables' names, and some of those behind it.
  for (let at = 4 * page; at < bytes.length; at += page) bytes.fill(0xff, at, at + 100);
  await Deno.writeFile(path, bytes);
  await assertRejects(() => makeShrinkable(data), Error);
  assertEquals(await Deno.readFile(path), bytes);
  assert(!(await Array.fromAsync(Deno.readDir(data))).some(({ name }) => name.endsWith(".new")));
});

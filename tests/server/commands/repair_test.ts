/** `verify` and `repair` of damaged folders, as processes. */
import { Database } from "@db/sqlite";
import { assert, assertEquals } from "../../support/assert.ts";
import { enter, expectKept, fill, type Kept, onlyFile } from "../../support/server/kept_folder.ts";
import { copyServer, RELEASES } from "../../support/server/released_servers.ts";
import { textOf } from "../../support/server/secure_peer.ts";
import { openUpload, upload } from "../../support/server/secure_uploads.ts";
import { runServer, startServer } from "../../support/server_process.ts";
import { type TempFolder, tempFolder } from "../../support/temp_folder.ts";

async function filled(): Promise<{ temp: TempFolder; data: string; kept: Kept }> {
  const temp = await tempFolder();
  const data = `${temp.path}/data`;
  await using server = await startServer({ data });
  const kept = await fill(server.port);
  await server.stop();
  return { temp, data, kept };
}

async function verify(data: string): Promise<string[]> {
  const { code, stdout } = await runServer(["verify", "--json", "--data", data]);
  const { findings } = JSON.parse(stdout);
  assertEquals(code, findings.length > 0 ? 1 : 0);
  return findings;
}

async function repair(data: string): Promise<string[]> {
  const { code, stdout, stderr } = await runServer(["repair", "--yes", "--data", data]);
  assertEquals(code, 0, stderr);
  return stdout.trimEnd().split("\n");
}

function change(data: string, sql: string): void {
  const database = new Database(`${data}/server.db`);
  database.exec(sql);
  database.close();
}

Deno.test("repair: a folder in order stays as it is, and one in use is refused", async () => {
  const { temp, data, kept } = await filled();
  await using _temp = temp;
  assertEquals((await runServer(["repair", "--data", data])).code, 2);
  assertEquals(await repair(data), [`${data} is in order; nothing was to do`]);
  await expectKept(data, kept);
  await using server = await startServer({ data });
  const { code, stderr } = await runServer(["repair", "--yes", "--data", data]);
  assertEquals(code, 1);
  assert(stderr.includes("a server runs"), stderr);
  await server.stop();
});

Deno.test("repair: a key that is lost is told of, and where to get it", async () => {
  const { temp, data } = await filled();
  await using _temp = temp;
  await Deno.remove(`${data}/server.key`);
  assert((await verify(data))[0].includes("Bring it back from a backup"), "told");
  const { code, stderr } = await runServer(["repair", "--yes", "--data", data]);
  assertEquals(code, 1);
  assert(stderr.includes("Bring it back from a backup"), stderr);
});

Deno.test("repair: folders of all versions are verified, backed up and repaired", async () => {
  for (const version of RELEASES) {
    await using temp = await tempFolder();
    const [data, file] = [`${temp.path}/data`, `${temp.path}/backup.tar`];
    copyServer(version, data);
    assertEquals(await verify(data), [], version);
    const { code, stdout } = await runServer(["backup", file, "--data", data]);
    assertEquals(code, 0, stdout);
    const upgraded = ["brought the database up to date; older servers refuse it now"];
    assertEquals(await repair(data), upgraded, version);
    assertEquals(await repair(data), [`${data} is in order; nothing was to do`], version);
    assertEquals(await verify(data), [], version);
  }
});

Deno.test("repair: counts that are wrong are found, and counted anew", async () => {
  const { temp, data, kept } = await filled();
  await using _temp = temp;
  change(
    data,
    "UPDATE clients SET bytes = bytes + 1; UPDATE usage SET bytes = 7; DELETE FROM totals; " +
      "INSERT INTO shares VALUES (1, x'00', 1, 1); UPDATE departures SET count = 5",
  );
  assertEquals((await verify(data)).length, 5);
  assertEquals((await repair(data)).length, 5);
  assertEquals(await verify(data), []);
  await expectKept(data, kept);
});

Deno.test("repair: a receiver gets a message without the content that is lost", async () => {
  const { temp, data, kept } = await filled();
  await using _temp = temp;
  const path = onlyFile(`${data}/files`);
  await Deno.truncate(path, 1000);
  const name = path.slice(data.length + 1);
  assertEquals(await verify(data), [`${name} has 1000 bytes instead of ${kept.large.length}`]);
  const did = await repair(data);
  assert(did.some((line) => line.includes("1 messages have lost their contents")), `${did}`);
  assertEquals(await verify(data), []);
  await using server = await startServer({ data });
  using bob = await enter(server.port, kept.bob);
  assertEquals((await bob.poll()).map(textOf), ["short", ""]);
  await server.stop();
});

Deno.test("repair: the sender of a damaged file sends the damaged part again", async () => {
  const { temp, data, kept } = await filled();
  await using _temp = temp;
  const path = onlyFile(`${data}/chunks`);
  {
    using file = await Deno.open(path, { write: true });
    await file.seek(kept.file.length - 10, Deno.SeekMode.Start);
    await file.write(new Uint8Array(1));
  }
  assertEquals(await verify(data), [`${path.slice(data.length + 1)} has damaged chunks: 1`]);
  assert((await repair(data))[0].startsWith("1 files are incomplete"));
  assertEquals(await verify(data), []);
  {
    await using server = await startServer({ data });
    using alice = await enter(server.port, kept.alice);
    assertEquals(await openUpload(alice, kept.blob, kept.file.length), 2);
    await upload(alice, kept.blob, kept.file, kept.bob.id);
    await server.stop();
  }
  await expectKept(data, kept);
});

Deno.test("repair: what can be read of a damaged database is saved, and it is kept", async () => {
  const { temp, data, kept } = await filled();
  await using _temp = temp;
  change(
    data,
    "WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) " +
      "INSERT INTO messages (mailbox, id, sender, type, size, content, deposited_at) " +
      "SELECT mailbox, i, sender, type, 1000, zeroblob(1000), deposited_at FROM n, messages " +
      "WHERE messages.id = 1 AND blob IS NULL; PRAGMA wal_checkpoint(TRUNCATE)",
  );
  const database = new Database(`${data}/server.db`);
  const page = database.prepare(
    "SELECT pageno FROM dbstat WHERE name = 'messages' AND pagetype = 'leaf' " +
      "ORDER BY pageno LIMIT 1 OFFSET 100",
  ).value<[number]>()![0];
  database.close();
  {
    using file = await Deno.open(`${data}/server.db`, { write: true });
    await file.seek((page - 1) * 4096, Deno.SeekMode.Start);
    await file.write(new Uint8Array(4096).fill(0xff));
  }
  assert((await verify(data))[0].includes("the database"), "found");
  const did = await repair(data);
  assert(did[0].includes("server.db.damaged"), `${did}`);
  assert(/the table messages was damaged; (\d+) rows/.test(did[1]), `${did}`);
  assert(Number(/(\d+) rows/.exec(did[1])![1]) > 950, did[1]);
  assert([...Deno.readDirSync(data)].some(({ name }) => name === "server.db.damaged"));
  assertEquals(await verify(data), []);
  await expectKept(data, kept);
});

Deno.test("repair: a database of which nothing is left stays, with advice", async () => {
  const { temp, data } = await filled();
  await using _temp = temp;
  await Deno.writeFile(`${data}/server.db`, new Uint8Array(8192).fill(0xff));
  const { code, stderr } = await runServer(["repair", "--yes", "--data", data]);
  assertEquals(code, 1);
  assert(stderr.includes("restore a backup"), stderr);
  assertEquals(await Deno.readFile(`${data}/server.db`), new Uint8Array(8192).fill(0xff));
});

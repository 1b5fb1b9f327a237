import { assert, assertEquals } from "../../../support/assert.ts";
import { Person } from "../../../support/client_process.ts";
import { startServer } from "../../../support/server_process.ts";

Deno.test("send-file: a folder arrives as one archive, and leaves nothing behind", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  await bob.json("alias", "alice", "alice");
  await Deno.mkdir(`${alice.folder}/holiday/day 1`, { recursive: true });
  await Deno.writeTextFile(`${alice.folder}/holiday/day 1/note`, "it rained");
  await Deno.writeTextFile(`${alice.folder}/list`, "a file beside it");
  const [holiday, list] = [`${alice.folder}/holiday/`, `${alice.folder}/list`];
  const sent = await alice.json<{ path: string }>("send-file", "bob", holiday, list);
  assertEquals(sent.map(({ path }) => path), [holiday, list]);
  const received = await bob.receive();
  assertEquals(received.map(({ path }) => path), [`${bob.out}/holiday.tar`, `${bob.out}/list`]);
  const archive = await Deno.readTextFile(`${bob.out}/holiday.tar`);
  assert(archive.startsWith("holiday/"), archive.slice(0, 20));
  assert(archive.includes("holiday/day 1/note") && archive.includes("it rained"));
  assertEquals([...Deno.readDirSync(`${alice.folder}/outgoing`)], []);

  assertEquals(await alice.failure("send-file", "bob", alice.folder), "file");
  const { stderr } = await alice.run(["send-file", "bob", alice.folder]);
  assert(stderr.includes("is not sent: it is a profile"), stderr);
  assertEquals(await bob.receive(), []);
});

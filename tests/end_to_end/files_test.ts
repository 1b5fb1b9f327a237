import { createHash } from "node:crypto";
import { MiB } from "../../shared/limits.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Person, startClient } from "../support/client_process.ts";
import { sampleBytes } from "../support/pieces.ts";
import { peakMemory, PROCESS_FACTS } from "../support/process_facts.ts";
import { startServer } from "../support/server_process.ts";

/** Beside what a process needs anyway, in bytes. */
const GROWTH = 100 * MiB;

Deno.test("files: of 0 bytes, of 1 byte and larger, arrive as they are", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice");
  await using bob = await Person.register(server.address, "bob");
  const bobEntry = { id: bob.id, name: "bob" };
  const sizes = [0, 1, 65_519, 65_520, 65_536, 1_000_003];
  for (const [i, size] of sizes.entries()) {
    const path = `${alice.folder}/${size}`;
    await Deno.writeFile(path, sampleBytes(size, i + 1));
    assertEquals(await alice.json("send-file", "bob", path), [{ message: i + 2, to: bobEntry }]);
  }
  const received = await bob.receive();
  assertEquals(
    received.map(({ type, message, size, path }) => [type, message, size, path]),
    sizes.map((size, i) => ["file", i + 2, size, `${bob.out}/alice-${i + 2}.bin`]),
  );
  for (const [i, { path }] of received.entries()) {
    assertEquals(await Deno.readFile(path!), sampleBytes(sizes[i], i + 1));
  }
  assertEquals([...Deno.readDirSync(bob.out)].length, sizes.length);
  assertEquals([...Deno.readDirSync(`${bob.folder}/incoming`)], []);
});

Deno.test("files: go to the current folder by default, and overwrite nothing", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice");
  await using bob = await Person.register(server.address, "bob");
  await Deno.mkdir(bob.out);
  await Deno.writeTextFile(`${bob.out}/alice-2.bin`, "mine");
  await Deno.writeTextFile(`${alice.folder}/file`, "hers");
  const { code, stderr } = await alice.run(["send-file", "bob", "file"], { cwd: alice.folder });
  assertEquals([code, stderr], [0, ""]);
  const { stdout } = await bob.run(["receive"], { cwd: bob.out });
  assertEquals(stdout, "alice sent a key.\nalice sent a file of 4 bytes: ./alice-2 (2).bin\n");
  assertEquals(await Deno.readTextFile(`${bob.out}/alice-2.bin`), "mine");
  assertEquals(await Deno.readTextFile(`${bob.out}/alice-2 (2).bin`), "hers");
});

/** Makes a sparse file with a mark of its own in each MiB, so that no part looks like another. */
async function writeSparse(path: string, size: number): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  await file.truncate(size);
  for (let at = 0; at < size; at += MiB) {
    await file.seek(at + (at / MiB) * 997, Deno.SeekMode.Start);
    await file.write(sampleBytes(64, at + 1));
  }
}

/** The SHA-256 of a file that need not fit into memory. */
async function digest(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path, { read: true });
  for await (const chunk of file.readable) hash.update(chunk);
  return hash.digest("hex");
}

/** The most memory of the client's process while it does this. */
async function peakOf(person: Person, ...command: string[]): Promise<number> {
  const client = startClient(person.args(...command));
  // Its end takes the number away, so it is read again and again.
  const script = 'while grep VmHWM "/proc/$0/status" 2>/dev/null; do sleep 0.02; done';
  const watch = new Deno.Command("sh", { args: ["-c", script, String(client.pid)] }).output();
  assertEquals((await client.outcome()).code, 0, client.output.stderr);
  const seen = new TextDecoder().decode((await watch).stdout).match(/\d+(?= kB\n$)/);
  assert(seen, "nobody saw the process");
  return Number(seen[0]) * 1024;
}

Deno.test("files: 300 MiB arrive whole, and no process grows by more than 100 MiB", {
  ignore: !PROCESS_FACTS,
}, async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice");
  await using bob = await Person.register(server.address, "bob");
  const [small, large] = [`${alice.folder}/small`, `${alice.folder}/large`];
  await Deno.writeFile(small, sampleBytes(1000));
  await writeSparse(large, 300 * MiB);
  const sentSmall = await peakOf(alice, "send-file", "bob", small);
  const receivedSmall = await peakOf(bob, "receive", "--out", bob.out);
  const before = await peakMemory(server.pid);

  const sent = await peakOf(alice, "send-file", "bob", large) - sentSmall;
  const received = await peakOf(bob, "receive", "--out", bob.out) - receivedSmall;
  const relayed = await peakMemory(server.pid) - before;
  for (const [who, growth] of Object.entries({ sent, received, relayed })) {
    assert(growth < GROWTH, `${who}: grew by ${growth} bytes`);
  }
  assertEquals(await digest(`${bob.out}/alice-3.bin`), await digest(large));
});

import { assertEquals } from "../support/assert.ts";
import { Person } from "../support/client_process.ts";
import { sampleBytes } from "../support/pieces.ts";
import { startServer } from "../support/server_process.ts";

Deno.test("files: of 0 bytes, of 1 byte and larger, arrive as they are", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice");
  await using bob = await Person.register(server.address, "bob");
  const bobEntry = { id: bob.id, name: "bob" };
  const sizes = [0, 1, 65_519, 65_520, 65_536, 1_000_003];
  for (const [i, size] of sizes.entries()) {
    const path = `${alice.folder}/${size}`;
    await Deno.writeFile(path, sampleBytes(size, i + 1));
    assertEquals(await alice.json("send-file", "bob", path), [
      { message: i + 2, to: bobEntry, entry: i + 1 },
    ]);
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
  assertEquals(stdout, "alice sent a key.\n1  alice sent a file of 4 bytes: ./alice-2 (2).bin\n");
  assertEquals(await Deno.readTextFile(`${bob.out}/alice-2.bin`), "mine");
  assertEquals(await Deno.readTextFile(`${bob.out}/alice-2 (2).bin`), "hers");
});

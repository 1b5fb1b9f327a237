import { assert, assertEquals } from "../support/assert.ts";
import { jsonLines, Person, type ReceivedJson, withoutTime } from "../support/client_process.ts";
import { stopEngine } from "../support/client/engines_here.ts";
import { sampleBytes } from "../support/pieces.ts";
import { startServer } from "../support/server_process.ts";

/** What makes the profile forget all keys, but not who it is. */
async function forget({ folder }: Person): Promise<void> {
  await stopEngine(folder);
  for (const end of ["", "-wal", "-shm"]) {
    await Deno.remove(`${folder}/profile.db${end}`).catch(() => {});
  }
}

Deno.test("unreadable: reported on standard error, kept, shown once the key comes", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice");
  await using bob = await Person.register(server.address, "bob");
  const from = { id: alice.id, name: "alice" };
  await alice.json("send", "bob", "readable");
  assertEquals(await bob.texts(), ["readable"]);
  await forget(bob);

  const path = `${alice.folder}/file`;
  await Deno.writeFile(path, sampleBytes(70_000));
  await alice.json("send", "bob", "waits");
  await alice.json("send-file", "bob", path);
  const { code, stdout, stderr } = await bob.run(["--json", "receive", "--out", bob.out]);
  assertEquals([code, stdout], [1, ""]);
  const problems = jsonLines<{ error: { code: string; message: string } }>(stderr);
  assertEquals(problems.map(({ error }) => error.code), ["cannot-decrypt", "cannot-decrypt"]);
  assert(problems[0].error.message.includes("message 3 from alice, a text,"), stderr);
  assert(problems[1].error.message.includes("message 4 from alice, a file,"), stderr);
  assertEquals(await bob.json("receive"), []);

  await bob.json("request-key", "alice");
  const [request] = await alice.json("receive");
  assertEquals(request, {
    message: 1,
    from: { id: bob.id, name: "bob" },
    type: "key-request",
  });
  const received = await bob.json<ReceivedJson>("receive", "--out", bob.out);
  assertEquals(received.map(withoutTime), [
    { message: 5, from, type: "key" },
    { message: 3, from, type: "text", text: "waits" },
    { message: 4, from, type: "file", path: `${bob.out}/alice-4.bin`, size: 70_000 },
  ]);
  assertEquals(await Deno.readFile(`${bob.out}/alice-4.bin`), sampleBytes(70_000));
});

Deno.test("unreadable: readable messages are shown all the same, also to scripts", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice");
  await using bob = await Person.register(server.address, "bob");
  await using carol = await Person.register(server.address, "carol");
  const mixed = async () => {
    await alice.json("send", "bob", "lost");
    await carol.json("send", "bob", "fine");
  };
  await mixed();
  await bob.receive();
  await forget(bob);
  await carol.json("send-key", "bob");
  await mixed();
  const { code, stdout, stderr } = await bob.run(["receive", "--quiet"]);
  assertEquals([code, stdout], [1, "carol sent a key.\n1  carol: fine\n"]);
  assert(
    /^messaging-client: message 6 from alice, a text, cannot be decrypted/.test(stderr),
    stderr,
  );
  assert(stderr.includes("request-key"), stderr);
  await mixed();
  const again = await bob.run(["--json", "receive"]);
  assertEquals(again.code, 1);
  assertEquals(jsonLines<ReceivedJson>(again.stdout).map(({ text }) => text), ["fine"]);
});

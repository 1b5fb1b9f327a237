/** Real faults of the disk: a small file system that is full or read-only, a damaged database. */
import { assert, assertEquals } from "../support/assert.ts";
import { sampleBytes } from "../support/pieces.ts";
import { SecurePeer, Someone, textTo } from "../support/server/secure_peer.ts";
import { startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";

const PAGE = 4096;

const ON_A_SMALL_DISK = {
  "a disk that becomes full, and has room again": "small_disk.ts",
  "a disk that is read-only at a start, and no longer": "read_only_disk.ts",
};

for (const [name, file] of Object.entries(ON_A_SMALL_DISK)) {
  Deno.test(`disk faults: ${name}`, async () => {
    await using temp = await tempFolder();
    const program = new URL(`../support/fault/${file}`, import.meta.url).href;
    const script = `mount -t tmpfs -o size=32M none "$1" && echo mounted && shift && exec "$@"`;
    const run = (...user: string[]) =>
      new Deno.Command("unshare", {
        args: [...user, "--mount", "sh", "-c", script, "sh", temp.path]
          .concat(Deno.execPath(), "run", "--no-check", "-A", program),
        env: { TMPDIR: temp.path },
        stdin: "null",
      }).output().catch(() => ({ code: 1, stdout: new Uint8Array(), stderr: new Uint8Array() }));
    let outcome = await run(); // as root
    if (outcome.stdout.length === 0) outcome = await run("--user", "--map-root-user");
    const { code, stdout, stderr } = outcome;
    const text = new TextDecoder();
    if (!text.decode(stdout).startsWith("mounted")) {
      console.log("no disk was used: no file system may be mounted here");
      return;
    }
    assertEquals([code, text.decode(stderr)], [0, ""]);
  });
}

Deno.test("disk faults: damaged pages are told, nothing crashes, the rest is served", async () => {
  await using temp = await tempFolder();
  const [alice, bob] = [await Someone.called("alice"), await Someone.called("bob")];
  const enter = async (port: number, who: Someone) => {
    const peer = await SecurePeer.open(port);
    const { registered } = await peer.login(who);
    if (!registered) await peer.register(who);
    return peer;
  };
  {
    await using server = await startServer({ data: temp.path });
    using sender = await enter(server.port, alice);
    using _receiver = await enter(server.port, bob);
    const sends = Array.from({ length: 200 }, () => textTo(bob.id, sampleBytes(3000)));
    for (const send of sends) await sender.request(send, "sent");
    assertEquals((await server.stop()).code, 0);
  }
  const path = `${temp.path}/server.db`;
  const bytes = await Deno.readFile(path);
  const damaged = bytes.length / PAGE - 100;
  bytes.fill(0xff, damaged * PAGE, (damaged + 80) * PAGE); // contents, and not the tables' roots
  await Deno.writeFile(path, bytes);

  await using server = await startServer({ data: temp.path });
  for (let i = 0; i < 3; i++) {
    using receiver = await enter(server.port, bob);
    await receiver.send({ kind: "get-messages", after: 0 });
    const answer = await receiver.next().catch(() => null);
    assert(answer === null || answer.kind === "error", "no damaged message is delivered");
    if (answer) {
      assertEquals([answer.kind, answer.text], ["error", "the server's database is damaged"]);
    }
  }
  using sender = await enter(server.port, alice);
  assertEquals(await sender.poll(), []);
  const { code, stderr } = await server.stop();
  assertEquals(code, 0);
  const told = stderr.split("\n").filter((line) => line.includes("database is damaged"));
  assert(told.length > 0 && told.length <= 4, stderr);
  assert(told.some((line) => line.includes("bring back a backup")), stderr);
});

/** `backup`, `restore` and `verify` as processes, beside a running server and without one. */
import { assert, assertEquals } from "../../support/assert.ts";
import { enter, expectKept, fill, onlyFile } from "../../support/server/kept_folder.ts";
import { textTo } from "../../support/server/secure_peer.ts";
import { runServer, startServer } from "../../support/server_process.ts";
import { tempFolder } from "../../support/temp_folder.ts";

/** Runs a command. Returns what it prints. */
async function operator(expected: number, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runServer(args);
  assertEquals(code, expected, stdout + stderr);
  return stdout + stderr;
}

for (const running of [true, false]) {
  const of = running ? "of a server that runs" : "of a folder";
  Deno.test(`backup: restored, it holds everything, ${of}`, async () => {
    await using temp = await tempFolder();
    const [data, other, file] = ["data", "other", "backup.tar"].map((n) => `${temp.path}/${n}`);
    await using server = await startServer({ data });
    const kept = await fill(server.port);
    if (!running) await server.stop();
    const { code, stdout, stderr } = await runServer(
      ["backup", "backup.tar", "--data", "data"],
      { cwd: temp.path },
    );
    assertEquals(code, 0, stderr);
    assert(/^backup\.tar has [\d.]+ MiB, verified\n$/.test(stdout), stdout);
    if (Deno.build.os !== "windows") assertEquals(Deno.statSync(file).mode! & 0o777, 0o600);
    assertEquals(temp.names(), ["backup.tar", "data"]);
    const before = await Deno.readFile(file);
    const refused = await operator(1, "backup", file, "--data", data);
    assert(refused.includes("is there already"), refused);
    assertEquals(await Deno.readFile(file), before);

    assertEquals(await operator(0, "verify", file), `${file} is in order\n`);
    assertEquals(await operator(0, "verify", "--data", data), `${data} is in order\n`);
    const again = await operator(1, "restore", file, "--data", data);
    assert(again.includes(running ? "a server runs" : "is not empty"), again);
    await operator(0, "restore", file, "--data", other);
    assertEquals(temp.names(), ["backup.tar", "data", "other"]);
    assertEquals(
      await Deno.readTextFile(`${other}/server.key`),
      await Deno.readTextFile(`${data}/server.key`),
    );
    assertEquals(await operator(0, "verify", "--data", other), `${other} is in order\n`);
    await expectKept(other, kept);
  });
}

Deno.test("backup: while messages come and go it is whole, with all sent before", async () => {
  await using temp = await tempFolder();
  await using server = await startServer();
  const kept = await fill(server.port);
  using alice = await enter(server.port, kept.alice);
  using reader = await enter(server.port, kept.alice);
  let stop = false;
  const traffic = (async () => {
    for (let i = 0; !stop; i++) {
      const { messageId } = await alice.request(textTo(kept.alice.id, kept.large), "sent");
      await reader.acknowledge(messageId);
    }
  })();
  for (let round = 0; round < 3; round++) {
    const [file, data] = [`${temp.path}/${round}.tar`, `${temp.path}/${round}`];
    await operator(0, "backup", file, "--data", server.data);
    await operator(0, "restore", file, "--data", data);
    assertEquals(await operator(0, "verify", "--data", data), `${data} is in order\n`);
    await expectKept(data, kept);
  }
  stop = true;
  await traffic;
  // What had to wait is deleted: only the large message of the beginning is left.
  await server.stop();
  onlyFile(`${server.data}/files`);
});

Deno.test("backup: killed at any moment it leaves no backup, and the folder whole", async () => {
  await using temp = await tempFolder();
  await using server = await startServer();
  const kept = await fill(server.port);
  const file = `${temp.path}/backup.tar`;
  let killed = 0;
  for (let delay = 150;; delay += 100) {
    const under = ["timeout", "-s", "KILL", `${delay / 1000}`];
    const { code } = await runServer(["backup", file, "--data", server.data], { under });
    if (code !== 0) killed++;
    if (!temp.names().includes("backup.tar")) continue;
    // It may also be killed when all is done; but what has the name is whole.
    await operator(0, "verify", file);
    break;
  }
  assert(killed > 0, "none was killed");
  assertEquals(temp.names(), ["backup.tar"], "nothing is left of those that were killed");
  assertEquals(
    await operator(0, "verify", "--data", server.data),
    `${server.data} is in order\n`,
  );
  using bob = await enter(server.port, kept.bob);
  await bob.acknowledge(...(await bob.poll()).map(({ messageId }) => messageId));
  await server.stop();
  assertEquals([...Deno.readDirSync(`${server.data}/files`)], []);
});

Deno.test("backup: one that is damaged is told of, and nothing is restored from it", async () => {
  await using temp = await tempFolder();
  await using server = await startServer();
  await fill(server.port);
  const file = `${temp.path}/backup.tar`;
  await operator(0, "backup", file, "--data", server.data);
  const bytes = await Deno.readFile(file);
  const damages: Record<string, (bytes: Uint8Array) => Uint8Array> = {
    "cut off": (bytes) => bytes.subarray(0, bytes.length / 2),
    "one bit": (bytes) => bytes.map((byte, at) => at === bytes.length - 500_000 ? byte ^ 1 : byte),
    "nothing": () => new Uint8Array(0),
    "another file": () => new TextEncoder().encode("x".repeat(5_000)),
  };
  for (const [name, damage] of Object.entries(damages)) {
    const damaged = `${temp.path}/damaged.tar`;
    await Deno.writeFile(damaged, damage(bytes));
    assert((await operator(1, "verify", damaged)).includes("is not in order"), name);
    const json = (await runServer(["verify", damaged, "--json"])).stdout;
    assert(JSON.parse(json).findings.length > 0, name);
    const text = await operator(1, "restore", damaged, "--data", `${temp.path}/data`);
    assert(text.includes("nothing is restored"), text);
    assertEquals(temp.names(), ["backup.tar", "damaged.tar"], name);
  }
});

Deno.test("backup: what is damaged in the folder is told of", async () => {
  await using temp = await tempFolder();
  await using server = await startServer();
  await fill(server.port);
  await Deno.remove(onlyFile(`${server.data}/files`));
  const text = await operator(1, "backup", `${temp.path}/backup.tar`, "--data", server.data);
  assert(/files\/[0-9a-f]{32} is missing/.test(text), text);
  assert(text.includes("holds what is damaged"), text);
});

Deno.test("restore: an empty folder that is there gets the contents, and stays", async () => {
  await using temp = await tempFolder();
  await using server = await startServer();
  const kept = await fill(server.port);
  const file = `${temp.path}/backup.tar`;
  await operator(0, "backup", file, "--data", server.data);
  const data = `${temp.path}/data`;
  await Deno.mkdir(data);
  const before = (await Deno.stat(data)).ino;
  // What a restore that was killed has left there.
  await Deno.mkdir(`${data}/restored.01234567.part`);
  await Deno.writeTextFile(`${data}/restored.01234567.part/lock`, "");
  const { code, stderr } = await runServer(["restore", "../backup.tar"], { cwd: data });
  assertEquals(code, 0, stderr);
  assertEquals((await Deno.stat(data)).ino, before);
  const names = [...Deno.readDirSync(data)].map(({ name }) => name).sort();
  assertEquals(names, ["chunks", "files", "server.db", "server.key"]);
  assertEquals(temp.names(), ["backup.tar", "data"]);
  await expectKept(data, kept);

  const empty = `${temp.path}/empty`;
  await Deno.mkdir(empty);
  await Deno.writeTextFile(`${temp.path}/damaged.tar`, "x");
  await operator(1, "restore", `${temp.path}/damaged.tar`, "--data", empty);
  assertEquals([...Deno.readDirSync(empty)], []);
});

import { openServerKey } from "../../server/server_key.ts";
import { toHex } from "../../shared/bytes.ts";
import { X25519KeyPair } from "../../shared/crypto/x25519.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { runServer, startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { SecurePeer } from "../support/server/secure_peer.ts";

/** What `messaging-server fingerprint` prints for the folder `data`. */
async function fingerprint(data: string): Promise<string> {
  const { code, stdout, stderr } = await runServer(["fingerprint", "--data", data]);
  assertEquals([code, stderr], [0, ""]);
  assert(/^[0-9a-f]{64}\n$/.test(stdout), stdout);
  return stdout.trim();
}

function keyIn(line: string): string | undefined {
  return /, key ([0-9a-f]{64})\n/.exec(line)?.[1];
}

Deno.test("server key: it is made once, for its owner alone", async () => {
  await using folder = await tempFolder();
  const first = await openServerKey(folder.path);
  assertEquals(folder.names(), ["server.key"]);
  const { mode, size } = await Deno.stat(`${folder.path}/server.key`);
  assertEquals(size, 65);
  if (Deno.build.os !== "windows") assertEquals((mode ?? 0) & 0o777, 0o600);
  const text = await Deno.readTextFile(`${folder.path}/server.key`);
  const again = await openServerKey(folder.path);
  assertEquals(again.publicKey, first.publicKey);
  assertEquals(await Deno.readTextFile(`${folder.path}/server.key`), text);
  const secret = Uint8Array.fromHex(text.trim());
  assertEquals(new X25519KeyPair(secret).publicKey, first.publicKey);
  assert(!text.includes(toHex(first.publicKey)));
  await using other = await tempFolder();
  assert(toHex((await openServerKey(other.path)).publicKey) !== toHex(first.publicKey));
});

Deno.test("server key: those who make it at the same time agree on it", async () => {
  await using folder = await tempFolder();
  const keys = await Promise.all(Array.from({ length: 20 }, () => openServerKey(folder.path)));
  assertEquals(new Set(keys.map(({ publicKey }) => toHex(publicKey))).size, 1);
  assertEquals(folder.names(), ["server.key"]);
});

Deno.test("server key: a damaged file is an error that says what to do, and stays", async () => {
  await using folder = await tempFolder();
  const path = `${folder.path}/server.key`;
  const whole = "ab".repeat(32);
  for (const text of ["", "\n", whole.slice(2), `${whole}00`, `${whole.slice(1)}x`, `${whole} x`]) {
    await Deno.writeTextFile(path, text);
    const error = await assertRejects(() => openServerKey(folder.path), Error, "backup");
    assert(error.message.includes(path), error.message);
    if (text.length > 1) assert(!error.message.includes(text.slice(0, 60)), "the secret is shown");
    assertEquals(await Deno.readTextFile(path), text);
  }
  for (const args of [["fingerprint"], ["--port", "0"]]) {
    const { code, stdout, stderr } = await runServer([...args, "--data", folder.path]);
    assertEquals([code, stdout], [1, ""]);
    assert(stderr.startsWith("messaging-server: ") && stderr.includes("backup"), stderr);
    assert(!stderr.includes("    at "), stderr);
  }
});

Deno.test("server key: the first start makes it, and it stays", async () => {
  await using folder = await tempFolder();
  const data = `${folder.path}/new`;
  let first: string | undefined;
  for (let start = 0; start < 2; start++) {
    await using server = await startServer({ data });
    const key = keyIn(server.output.stdout);
    assert(key !== undefined, server.output.stdout);
    assertEquals(key, first ??= key);
    {
      using peer = await SecurePeer.open(server.port);
      assertEquals(toHex(peer.serverKey), key);
    }
    assertEquals(await fingerprint(data), key);
    const { code, stderr } = await server.stop();
    assertEquals(code, 0);
    const secret = (await Deno.readTextFile(`${data}/server.key`)).trim();
    assert(!stderr.includes(secret) && !server.output.stdout.includes(secret));
  }
});

Deno.test("server key: the fingerprint makes neither a folder nor a key", async () => {
  await using folder = await tempFolder();
  for (const data of [`${folder.path}/typo`, folder.path]) {
    const { code, stdout, stderr } = await runServer(["fingerprint", "--data", data]);
    assertEquals([code, stdout], [1, ""]);
    assert(stderr.includes(`no server keeps its data in ${data}`), stderr);
  }
  assertEquals(folder.names(), []);
});

Deno.test("server key: one that is lost is not replaced in silence, but on demand", async () => {
  await using folder = await tempFolder();
  const data = folder.path;
  const renew = (...args: string[]) => runServer(["renew-key", "--data", data, ...args]);
  assertEquals((await renew("--yes")).code, 1, "nothing is there to renew");
  {
    await using server = await startServer({ data });
    const { code, stderr } = await renew("--yes");
    assertEquals(code, 1);
    assert(stderr.includes("a server runs"), stderr);
    await server.stop();
  }
  const path = `${data}/server.key`;
  const lost = await Deno.readTextFile(path);
  await Deno.remove(path);
  for (const args of [["--port", "0"], ["fingerprint"]]) {
    const { code, stdout, stderr } = await runServer([...args, "--data", data]);
    assertEquals([code, stdout], [1, ""]);
    assert(stderr.includes("is missing") && stderr.includes("backup"), stderr);
  }
  assertEquals((await renew()).code, 2);
  assert(!folder.names().includes("server.key"));
  const { code, stdout } = await renew("--yes");
  assertEquals(code, 0);
  {
    await using server = await startServer({ data });
    assertEquals(keyIn(server.output.stdout), stdout.trim());
    await server.stop();
  }
  // One that is there is kept aside.
  await Deno.writeTextFile(path, lost);
  assertEquals((await renew("--yes")).code, 0);
  assertEquals(await Deno.readTextFile(`${path}.old`), lost);
  assert(await Deno.readTextFile(path) !== lost);
});

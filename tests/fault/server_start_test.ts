/** How the server starts, and how it says why it does not. */
import { Database } from "@db/sqlite";
import manifest from "../../deno.json" with { type: "json" };
import { assert, assertEquals } from "../support/assert.ts";
import { type Outcome, runServer, startServer } from "../support/server_process.ts";
import { Peer } from "../support/server/peer.ts";
import { tempFolder } from "../support/temp_folder.ts";

/** Fails unless the server ended with `code`, and said why, once, on stderr alone. */
function assertFailed({ code, stdout, stderr }: Outcome, expected: number, reason: string): void {
  assertEquals(stdout, "");
  assert(stderr.startsWith("messaging-server: ") && stderr.includes(reason), stderr);
  assert(!stderr.includes("    at "), stderr); // a message, not a stack
  assertEquals(code, expected);
}

/** A port that is in use. */
function busyPort(): { port: number } & Disposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return { port: (listener.addr as Deno.NetAddr).port, [Symbol.dispose]: () => listener.close() };
}

Deno.test("start: one line, and the files of its folder", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  const data = `${folder}/new/folder`;
  await using server = await startServer({ data });
  const line = `messaging-server ${manifest.version} listens on 127.0.0.1:${server.port}, key `;
  assert(server.output.stdout.startsWith(line), server.output.stdout);
  assert(/^[0-9a-f]{64}\n$/.test(server.output.stdout.slice(line.length)), server.output.stdout);
  using peer = await Peer.connect(server.port);
  await peer.register("alice");
  assertEquals((await server.kill("SIGKILL")).stderr, "");
  const names = [...Deno.readDirSync(data)].map(({ name }) => name);
  for (const name of ["files", "server.db"]) assert(names.includes(name), name);
  if (Deno.build.os === "windows") return;
  for (const name of names) {
    assertEquals((await Deno.stat(`${data}/${name}`)).mode! & 0o077, 0, `${name} is private`);
  }
});

Deno.test("start: a second server on the same folder is refused, the first goes on", async () => {
  await using temp = await tempFolder();
  const data = temp.path;
  await using server = await startServer({ data });
  const second = await runServer(["--host", "127.0.0.1", "--port", "0", "--data", data]);
  assertFailed(second, 1, "a server runs on the folder");
  using peer = await Peer.connect(server.port);
  await peer.register("alice");
  await server.kill("SIGKILL");
  await using next = await startServer({ data }); // the lock dies with its holder
  assert(next.port > 0);
});

Deno.test("start: a busy port", async () => {
  await using temp = await tempFolder();
  const data = temp.path;
  using busy = busyPort();
  const address = `127.0.0.1:${busy.port}`;
  const args = ["--host", "127.0.0.1", "--port", String(busy.port), "--data", data];
  assertFailed(await runServer(args), 1, `${address} is in use`);
});

Deno.test("start: the port comes from port.info, unless --port is given", async () => {
  await using temp = await tempFolder();
  const data = temp.path;
  using busy = busyPort();
  await Deno.writeTextFile(`${data}/port.info`, `${busy.port}\r\n`);
  const outcome = await runServer(["--host", "127.0.0.1", "--data", data]);
  assertFailed(outcome, 1, `127.0.0.1:${busy.port} is in use`);
  // Also if the folder is the current one.
  const current = await runServer(["--host", "127.0.0.1"], { cwd: data });
  assertFailed(current, 1, `127.0.0.1:${busy.port} is in use`);
  await using server = await startServer({ data }); // with --port 0
  assert(server.port !== busy.port);
});

Deno.test("start: a port.info that holds no port", async () => {
  await using temp = await tempFolder();
  const data = temp.path;
  for (const text of ["", "http", "65536", "12 34", "-1"]) {
    await Deno.writeTextFile(`${data}/port.info`, text);
    const outcome = await runServer(["--host", "127.0.0.1", "--data", data]);
    assertFailed(outcome, 1, "port.info must hold one port number");
  }
});

Deno.test("start: without port.info the port is 1234", async () => {
  await using temp = await tempFolder();
  const data = temp.path;
  // If another program already listens on that port, the test works as well.
  let listener: Deno.Listener | undefined;
  try {
    listener = Deno.listen({ hostname: "127.0.0.1", port: 1234 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
  }
  try {
    const outcome = await runServer(["--host", "127.0.0.1", "--data", data]);
    assertFailed(outcome, 1, "127.0.0.1:1234 is in use");
  } finally {
    listener?.close();
  }
});

Deno.test("start: an address that is not this machine's", async () => {
  await using temp = await tempFolder();
  const data = temp.path;
  const args = ["--host", "192.0.2.1", "--port", "0", "--data", data]; // RFC 5737
  assertFailed(await runServer(args), 1, "cannot listen on 192.0.2.1:0");
});

Deno.test("start: somebody else's database, a newer one, and none", async () => {
  await using temp = await tempFolder();
  const data = temp.path;
  const args = ["--host", "127.0.0.1", "--port", "0", "--data", data];
  const path = `${data}/server.db`;
  await (await startServer({ data })).stop(); // makes the key
  await Deno.remove(path);
  const other = new Database(path);
  other.exec("CREATE TABLE addresses (name TEXT)");
  other.close();
  assertFailed(await runServer(args), 1, "not one of this server");

  await Deno.remove(path);
  await (await startServer({ data })).stop();
  const newer = new Database(path);
  newer.exec("PRAGMA user_version = 1000");
  newer.close();
  assertFailed(await runServer(args), 1, "newer version");

  await Deno.writeTextFile(path, "not a database, but long enough to be one\n".repeat(100));
  assertFailed(await runServer(args), 1, "not a database");
});

Deno.test("start: a data folder that is a file", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  const data = `${folder}/file`;
  await Deno.writeTextFile(data, "");
  const { code, stdout, stderr } = await runServer(["--port", "0", "--data", data]);
  assertEquals([code, stdout], [1, ""]);
  assert(stderr.startsWith("messaging-server: "), stderr);
});

Deno.test("start: files of others in files/ stay", async () => {
  await using temp = await tempFolder();
  const data = temp.path;
  await Deno.mkdir(`${data}/files/folder`, { recursive: true });
  await Deno.writeTextFile(`${data}/files/thesis.txt`, "years of work");
  await using server = await startServer({ data });
  await server.kill("SIGKILL");
  assertEquals(await Deno.readTextFile(`${data}/files/thesis.txt`), "years of work");
});

Deno.test("start: help, version, wrong usage", async () => {
  const help = await runServer(["--help"]);
  assertEquals([help.code, help.stderr], [0, ""]);
  assert(help.stdout.startsWith("Usage: messaging-server"));
  assertEquals((await runServer(["-h"])).stdout, help.stdout);
  const version = await runServer(["--version"]);
  assertEquals([version.code, version.stderr], [0, ""]);
  assertEquals(version.stdout, `messaging-server ${manifest.version}\n`);
  const wrong: [args: string[], reason: string][] = [
    [["--prot", "1"], "unknown option --prot"],
    [["--port", "http"], "--port takes a number"],
    [["--port"], "--port needs a value"],
    [["4711"], 'unknown command "4711"'],
  ];
  for (const [args, reason] of wrong) {
    const outcome = await runServer(args);
    assertFailed(outcome, 2, reason);
    assert(outcome.stderr.includes("--help"), outcome.stderr);
  }
});

/**
 * The compiled executables, end to end: what a user does on the first day, in an empty folder and
 * with an empty environment.
 *
 * Usage: deno run --allow-net=127.0.0.1 --allow-read --allow-write --allow-run \
 *          tests/smoke/main.ts FOLDER
 *
 * FOLDER holds messaging-server and messaging-client. The checks build on each other and run in
 * order. The last line is `N passed, N failed`; the exit code is 1 if a check failed.
 */

import config from "../../deno.json" with { type: "json" };
import { assert, assertEquals } from "../support/assert.ts";
import { isThere } from "../../shared/files.ts";
import { Terminals } from "../support/tmux.ts";
import { until } from "../support/until.ts";
import { describe, type Outcome, run, type Server, startServer } from "./process.ts";

const windows = Deno.build.os === "windows";
const folder = Deno.realPathSync(Deno.args[0] ?? "dist");
const suffix = windows ? ".exe" : "";
const serverPath = `${folder}/messaging-server${suffix}`;
const clientPath = `${folder}/messaging-client${suffix}`;

const root = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "messaging-smoke-" }));
const data = emptyFolder("data");
const port = freePort();
const adminPort = freePort();
const address = `127.0.0.1:${port}`;

const fileBytes = randomBytes(3 * 1024 * 1024 + 5);
const unicodeText = "Grüße, 世界 👋\nsecond line";

let server: Server | undefined;
let passed = 0;
let failed = 0;

async function check(name: string, body: () => Promise<void>): Promise<void> {
  const started = performance.now();
  let mark = "ok    ";
  let reason = "";
  try {
    await body();
    passed++;
  } catch (error) {
    failed++;
    mark = "FAILED";
    reason = `\n${error instanceof Error ? error.message : error}`.replaceAll("\n", "\n    ");
  }
  console.log(`${mark} ${name} (${Math.round(performance.now() - started)} ms)${reason}`);
}

function emptyFolder(name: string): string {
  const path = `${root}/${name}`;
  Deno.mkdirSync(path);
  return path;
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

function randomBytes(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  const most = 65_536; // the limit of one getRandomValues call
  for (let i = 0; i < size; i += most) crypto.getRandomValues(bytes.subarray(i, i + most));
  return bytes;
}

/** Runs the client and demands an exit code. */
async function client(
  cwd: string,
  args: string[],
  options: { code?: number; stdin?: string; seconds?: number; env?: Record<string, string> } = {},
): Promise<Outcome> {
  const outcome = await run(clientPath, args, { cwd, ...options });
  assert(
    outcome.code === (options.code ?? 0),
    `messaging-client ${args.join(" ")}: expected exit code ${options.code ?? 0}\n` +
      describe(outcome),
  );
  return outcome;
}

/** A client with a profile in `cwd`, where `server.info` names the server, and --json on. */
async function json(cwd: string, ...args: string[]): Promise<Record<string, unknown>[]> {
  return jsonLines((await client(cwd, ["--json", ...args])).stdout);
}

function jsonLines(output: string): Record<string, unknown>[] {
  return output.split("\n").filter((line) => line.trim() !== "").map((line) => JSON.parse(line));
}

/** Received messages without the key exchange before them. */
function contents(messages: Record<string, unknown>[]): Record<string, unknown>[] {
  return messages.filter(({ type }) => type === "text" || type === "file");
}

async function startInData(args: string[]): Promise<void> {
  server = await startServer(serverPath, args, { cwd: data });
  assert(server.line.includes(String(port)), `the line does not name port ${port}: ${server.line}`);
}

async function stopWith(signal: Deno.Signal): Promise<void> {
  if (server === undefined) throw new Error("the server is not running");
  const outcome = await server.stop(signal);
  server = undefined;
  assert(outcome.code === 0, `expected exit code 0\n${describe(outcome)}`);
}

async function checkAll(): Promise<void> {
  const alice = emptyFolder("alice");
  const bob = emptyFolder("bob");
  const carol = emptyFolder("carol");
  for (const profile of [alice, bob, carol]) {
    Deno.writeTextFileSync(`${profile}/server.info`, address);
  }
  const ids = new Map<string, string>();

  for (const [name, path] of [["server", serverPath], ["client", clientPath]]) {
    await check(`${name} --version`, async () => {
      const outcome = await run(path, ["--version"], { cwd: data });
      assert(outcome.code === 0, describe(outcome));
      assert(outcome.stdout.includes(config.version), describe(outcome));
    });
    await check(`${name} --help`, async () => {
      const outcome = await run(path, ["--help"], { cwd: data });
      assert(outcome.code === 0, describe(outcome));
      assert(outcome.stdout.includes("--version"), describe(outcome));
    });
    await check(`${name} with an unknown option: exit code 2`, async () => {
      const outcome = await run(path, ["--no-such-option"], { cwd: data });
      assert(outcome.code === 2, describe(outcome));
      assertEquals(outcome.stdout, "");
      assert(outcome.stderr !== "", "nothing on stderr");
    });
  }

  await check("none of this leaves a file behind", async () => {
    assertEquals(await Array.fromAsync(Deno.readDir(data), ({ name }) => name), []);
  });

  await check("client without a server: exit code 1", async () => {
    await client(alice, ["register", "alice"], { code: 1 });
  });

  await check("server starts in an empty folder and creates server.db", async () => {
    await startInData(["--host", "127.0.0.1", "--port", String(port), "--admin", `${adminPort}`]);
    assert(Deno.statSync(`${data}/server.db`).isFile);
  });

  await check("metrics and health on the admin port", async () => {
    const get = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${adminPort}${path}`);
      return `${response.status} ${await response.text()}`;
    };
    assertEquals([await get("/healthz"), await get("/readyz")], ["200 ok\n", "200 ready\n"]);
    const metrics = await get("/metrics");
    assert(metrics.includes(`messaging_build_info{version="${config.version}"} 1\n`), metrics);
  });

  await check("server on a port in use: exit code 1", async () => {
    const other = emptyFolder("other");
    const args = ["--host", "127.0.0.1", "--port", String(port), "--data", other];
    const outcome = await run(serverPath, args, { cwd: other });
    assert(outcome.code === 1, describe(outcome));
  });

  for (const [name, profile] of [["alice", alice], ["bob", bob]]) {
    await check(`register ${name}`, async () => {
      const [{ id, name: registered }] = await json(profile, "register", name);
      assertEquals(registered, name);
      assert(/^[0-9a-f]{32}$/.test(String(id)), `not an ID: ${id}`);
      ids.set(name, String(id));
    });
  }

  await check("whoami, from another folder by --profile and --server", async () => {
    const args = ["--profile", alice, "--server", address, "--json", "whoami"];
    const { stdout } = await client(data, args);
    assertEquals(jsonLines(stdout), [{ id: ids.get("alice"), name: "alice" }]);
  });

  if (!windows) {
    await check(
      "the profile, and the server's key, are readable only by their owners",
      async () => {
        for (const path of [`${alice}/profile.db`, `${data}/server.key`]) {
          const { mode } = await Deno.stat(path);
          assertEquals(mode! & 0o077, 0, path);
        }
      },
    );
  }

  await check("a taken name: exit code 1 and a JSON error on stderr", async () => {
    const { stdout, stderr } = await client(carol, ["--json", "register", "bob"], { code: 1 });
    assertEquals(stdout, "");
    const { error } = jsonLines(stderr).at(-1) as { error?: { code?: unknown; message?: unknown } };
    assert(error?.code !== undefined && typeof error.message === "string", stderr);
  });

  await check("list leaves out the asker", async () => {
    const [{ id, name, authenticated, verified }, ...more] = await json(alice, "list");
    assertEquals([id, name, authenticated, verified], [ids.get("bob"), "bob", true, false]);
    assertEquals(more, []);
  });

  await check("send a text", async () => {
    const [{ message, to }] = await json(alice, "send", "bob", "hello bob");
    assert(Number.isInteger(message), `not a message ID: ${message}`);
    assertEquals(to, { id: ids.get("bob"), name: "bob" });
  });

  await check("send a text from stdin", async () => {
    await client(alice, ["send", "bob", "-"], { stdin: unicodeText });
  });

  await check("receive both, in order, once", async () => {
    const received = contents(await json(bob, "receive"));
    assertEquals(received.map(({ type, text }) => ({ type, text })), [
      { type: "text", text: "hello bob" },
      { type: "text", text: unicodeText },
    ]);
    assertEquals(received[0].from, { id: ids.get("alice"), name: "alice" });
    assertEquals(await json(bob, "receive"), []);
  });

  await check("answer", async () => {
    await json(bob, "send", "alice", "hello alice");
    assertEquals(contents(await json(alice, "receive")).map(({ text }) => text), ["hello alice"]);
  });

  await check("send a file and receive the same bytes", async () => {
    Deno.writeFileSync(`${alice}/photo.bin`, fileBytes);
    await json(alice, "send-file", "bob", "photo.bin");
    const [file] = contents(await json(bob, "receive", "--out", emptyFolder("bob/inbox")));
    assertEquals([file?.type, file?.size], ["file", fileBytes.length]);
    const path = String(file.path);
    const received = Deno.readFileSync(/^(\/|[A-Za-z]:)/.test(path) ? path : `${bob}/${path}`);
    assert(received.every((byte, i) => byte === fileBytes[i]), "the bytes differ");
    assertEquals(received.length, fileBytes.length);
    assertEquals([...Deno.readDirSync(`${bob}/inbox`)].length, 1);
  });

  await check("both see the same safety number", async () => {
    const [{ safetyNumber }] = await json(alice, "verify", "bob");
    assert(/^(\d{5} ){11}\d{5}$/.test(String(safetyNumber)), `${safetyNumber}`);
    assertEquals((await json(bob, "verify", "alice"))[0].safetyNumber, safetyNumber);
  });

  await check("the history", async () => {
    const texts = (await json(bob, "history", "alice", "--search", "HELLO")).map(({ text }) =>
      text
    );
    assertEquals(texts, ["hello bob", "hello alice"]);
  });

  await check("a passphrase, and the profile in another folder", async () => {
    const env = { MESSAGING_PASSPHRASE: "correct horse" };
    await client(alice, ["passphrase", "set"], { env });
    await client(alice, ["whoami"], { code: 1 });
    await client(alice, ["whoami"], { code: 1, env: { MESSAGING_PASSPHRASE: "wrong" } });
    await client(alice, ["export", "alice.export"], { env });
    const moved = emptyFolder("moved");
    await client(moved, ["import", `${alice}/alice.export`], { env });
    const { stdout } = await client(moved, ["--json", "whoami"], { env });
    assertEquals(jsonLines(stdout), [{ id: ids.get("alice"), name: "alice" }]);
    await client(alice, ["passphrase", "remove"], { env });
  });

  await check("unknown receiver: exit code 1", async () => {
    await client(alice, ["send", "nobody", "hello"], { code: 1 });
  });

  for (const args of [["no-such-command"], ["register", "a", "b"], ["send-file", "bob"]]) {
    await check(`client ${args.join(" ")}: exit code 2`, async () => {
      const { stdout, stderr } = await client(alice, args, { code: 2 });
      assertEquals(stdout, "");
      assert(stderr !== "", "nothing on stderr");
    });
  }

  await check("the menu through a pipe", async () => {
    const { stdout } = await client(carol, [], { stdin: "1\ncarol\n0\n" });
    assert(/\b50\b/.test(stdout), `no menu on stdout: ${stdout}`);
    assertEquals((await json(carol, "whoami"))[0]?.name, "carol");
    assertEquals((await json(alice, "list")).map(({ name }) => name).sort(), ["bob", "carol"]);
  });

  await check("a follower does the work of other commands", async () => {
    await json(bob, "send", "alice", "to the follower");
    const follower = await startServer(clientPath, ["--json", "receive", "--follow"], {
      cwd: alice,
    });
    try {
      assertEquals(jsonLines(follower.line)[0].text, "to the follower");
      await json(alice, "send", "bob", "through the follower");
      await client(alice, ["stop"]);
    } finally {
      assertEquals((await follower.stop("SIGTERM")).code, 0);
    }
    const received = contents(await json(bob, "receive"));
    assertEquals(received.map(({ text }) => text), ["through the follower"]);
  });

  await check("a chat in lines, through pipes", async () => {
    await json(bob, "send", "alice", "are you there?");
    const stdin = "I am.\n";
    const { stdout } = await client(alice, ["--json", "chat", "bob"], { stdin });
    assert(stdout.includes("I am."), stdout);
    assertEquals(contents(await json(bob, "receive")).map(({ text }) => text), ["I am."]);
  });

  {
    await using terminals = await Terminals.open();
    if (!terminals) console.log("not tried without tmux: the chat on a full screen");
    else {
      await check("the chat on a full screen", async () => {
        const pane = await terminals.run([clientPath, "--profile", alice, "chat"]);
        await pane.waitFor("connected");
        await pane.waitFor("are you there?");
        await pane.line("on a full screen");
        await pane.waitFor(/on a full screen.*✓/);
        await pane.key("C-q");
        assertEquals(await pane.exitCode(), 0);
        assertEquals(contents(await json(bob, "receive")).map(({ text }) => text), [
          "on a full screen",
        ]);
      });
      await check("a chat whose window is closed keeps what was begun", async () => {
        const pane = await terminals.run([clientPath, "--profile", alice, "chat"]);
        await pane.waitFor("are you there?");
        await pane.type("to be continued");
        await pane.waitFor("to be continued");
        await terminals.tmux("kill-session", "-t", pane.name);
        const drafts = async () =>
          (await json(alice, "conversations")).map(({ draft }) => draft).join();
        await until("the draft is kept", async () => await drafts() === "to be continued");
        await until("it has ended", async () => !await isThere(`${alice}/engine.json`));
        await client(alice, ["draft", "bob", ""]);
      });
    }
  }

  await check("the client's own tests", async () => {
    await client(emptyFolder("tests"), ["--server", address, "test"], { seconds: 90 });
  });

  await check("a message waits while the server restarts", async () => {
    await json(alice, "send", "bob", "see you after the restart");
    const kept = ["--json", "send", "bob", "sent while it is away"];
    // Windows has no such signal; there the restart follows an abrupt end.
    if (windows) await server?.stop("SIGKILL");
    else await stopWith("SIGTERM");
    const { stderr } = await client(alice, kept, { code: 1 });
    assert(stderr.includes('"queued"'), stderr);
    Deno.writeTextFileSync(`${data}/port.info`, String(port));
    await startInData([]);
    assertEquals(
      contents(await json(bob, "receive")).map(({ text }) => text),
      ["see you after the restart"],
    );
    assertEquals(contents(await json(alice, "receive")), []);
    assertEquals(
      contents(await json(bob, "receive")).map(({ text }) => text),
      ["sent while it is away"],
    );
    const known = await json(alice, "list");
    assert(known.some(({ id }) => id === ids.get("bob")), "bob is gone");
  });

  if (!windows) {
    await check("SIGINT stops the server with exit code 0", () => stopWith("SIGINT"));
  }
}

try {
  await checkAll();
} finally {
  await server?.stop("SIGKILL");
  Deno.removeSync(root, { recursive: true });
}
console.log(`\n${passed} passed, ${failed} failed`);
Deno.exit(failed > 0 ? 1 : 0);

import { MiB } from "../../shared/limits.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { digest } from "../support/large_files.ts";
import {
  type ClientOptions,
  jsonLines,
  runClient,
  startClient,
} from "../support/client_process.ts";
import { sampleBytes } from "../support/pieces.ts";
import { type ServerProcess, startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { until } from "../support/until.ts";
import { StallingProxy } from "../support/proxies/stalling_proxy.ts";

const SIZE = 40 * MiB + 12_345;
/** A signal comes when so much has passed. */
const ENOUGH = 15 * MiB;

const INTERRUPTED = /Interrupted: ([\d.]+) of 40 MiB are done\. It goes on with the next/;

/** Alice, Bob, a server, and a way to it that may stand still. */
class World implements AsyncDisposable {
  readonly root: string;
  readonly proxy: StallingProxy;
  readonly #resources: readonly AsyncDisposable[];

  private constructor(root: string, server: ServerProcess, resources: readonly AsyncDisposable[]) {
    this.root = root;
    this.proxy = new StallingProxy(server.port);
    this.#resources = [this.proxy, ...resources];
  }

  static async open(): Promise<World> {
    const server = await startServer();
    const temp = await tempFolder();
    const world = new World(temp.path, server, [server, temp]);
    for (const name of ["alice", "bob"]) {
      await world.run(name, ["--server", world.proxy.address, "register", name]);
    }
    await world.run("bob", ["alias", "alice", "alice"]);
    return world;
  }

  async file(name: string, size = SIZE): Promise<string> {
    const path = `${this.root}/${name}`;
    await Deno.writeFile(path, sampleBytes(size, 7));
    return path;
  }

  args(name: string, args: string[]): string[] {
    return ["--profile", `${this.root}/${name}`, ...args];
  }

  /** Runs a command that must succeed. Returns what it printed. */
  async run(name: string, args: string[], options?: ClientOptions): Promise<string> {
    const { code, stdout, stderr } = await runClient(this.args(name, args), options);
    assertEquals(code, 0, `${name}: ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  /** Stops a command by `signal` in the middle of a file. Returns what it printed. */
  async interrupted(name: string, args: string[], signal: Deno.Signal): Promise<string> {
    const stalled = this.proxy.stallAfter(ENOUGH);
    const client = startClient(this.args(name, args));
    await stalled;
    client.kill(signal);
    const { code, stdout, stderr } = await client.outcome();
    this.proxy.release();
    assertEquals([code, stdout], [130, ""], stderr);
    return stderr;
  }

  /** Where that transfer is. */
  async transfers(name: string): Promise<{ transfer: number; state: string; done: number }[]> {
    return jsonLines(await this.run(name, ["--json", "transfers"]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const resource of this.#resources) await resource[Symbol.asyncDispose]();
  }
}

Deno.test("interrupted: Ctrl-C while sending; the same command goes on", async () => {
  await using world = await World.open();
  const path = await world.file("big.bin");
  const sending = ["send-file", "bob", path];
  assert(INTERRUPTED.test(await world.interrupted("alice", sending, "SIGINT")));
  const [before] = await world.transfers("alice");
  assertEquals([before.state, before.done < SIZE], ["active", true]);

  let passed = 0;
  world.proxy.onPass = (count) => passed += count;
  await world.run("alice", sending);
  assert(passed < SIZE - 4 * MiB, `all was sent again: ${passed} bytes`);
  const [after, ...more] = await world.transfers("alice");
  assertEquals([after.transfer, after.state, more.length], [before.transfer, "done", 0]);
  await world.run("bob", ["receive", "--out", `${world.root}/out`]);
  assertEquals(await digest(`${world.root}/out/big.bin`), await digest(path));
});

Deno.test("interrupted: SIGTERM while receiving; the next receive goes on", async () => {
  await using world = await World.open();
  const path = await world.file("big.bin");
  await world.run("alice", ["send-file", "bob", path]);
  const out = `${world.root}/out`;
  const receiving = ["receive", "--out", out];
  assert(INTERRUPTED.test(await world.interrupted("bob", receiving, "SIGTERM")));
  const names = () => [...Deno.readDirSync(out)].map(({ name }) => name);
  assert(!names().includes("big.bin"), names().join());
  const [before] = await world.transfers("bob");
  assertEquals([before.state, before.done > 0, before.done < SIZE], ["active", true, true]);

  let passed = 0;
  world.proxy.onPass = (count) => passed += count;
  const said = await world.run("bob", receiving);
  assertEquals(said, `1  alice sent a file of 40 MiB: ${out}/big.bin\n`);
  assert(passed < SIZE - before.done + 2 * MiB, `too much came again: ${passed} bytes`);
  assertEquals([await digest(`${out}/big.bin`), names()], [await digest(path), ["big.bin"]]);
});

Deno.test("interrupted: a fetched file; scripts get an object and the last progress", async () => {
  await using world = await World.open();
  const path = await world.file("big.bin");
  await world.run("alice", ["send-file", "bob", path]);
  await world.run("bob", ["receive", "--no-files"]);
  const fetching = ["--json", "fetch", "1", "--out", `${world.root}/out`];
  const said = await world.interrupted("bob", fetching, "SIGINT");
  const lines = jsonLines<{ progress?: { done: number }; error?: { code: string } }>(said);
  assertEquals(lines.at(-1)?.error?.code, "interrupted");
  assert((lines.at(-2)?.progress?.done ?? 0) > 0, said);
  const [fetched] = jsonLines<{ path: string }>(await world.run("bob", fetching));
  assertEquals(await digest(fetched.path), await digest(path));
});

Deno.test("interrupted: a second Ctrl-C kills at once, and nothing is lost", async () => {
  await using world = await World.open();
  const path = await world.file("big.bin");
  const stalled = world.proxy.stallAfter(ENOUGH);
  const client = startClient(world.args("alice", ["send-file", "bob", path]));
  await stalled;
  client.kill("SIGINT");
  client.kill("SIGINT");
  assertEquals((await client.outcome()).code, 130);
  world.proxy.release();
  await world.run("alice", ["receive"]);
  await world.run("bob", ["receive", "--out", `${world.root}/out`]);
  assertEquals(await digest(`${world.root}/out/big.bin`), await digest(path));
});

Deno.test("interrupted: several files: what was not begun is told of", async () => {
  await using world = await World.open();
  const paths = [await world.file("first.bin"), await world.file("second.bin", 1000)];
  const said = await world.interrupted("alice", ["send-file", "bob", ...paths], "SIGINT");
  assert(said.includes("1 file was not started; send it again."), said);
  const inJson = jsonLines<{ path: string }>(
    await world.run("alice", ["--json", "--quiet", "send-file", "bob", ...paths]),
  );
  assertEquals(inJson.map(({ path }) => path), paths);
  await world.run("bob", ["receive", "--out", `${world.root}/out`]);
  for (const path of paths) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    assertEquals(await digest(`${world.root}/out/${name}`), await digest(path));
  }
});

Deno.test("interrupted: a receiver that follows, and waits, ends at once", async () => {
  await using world = await World.open();
  const client = startClient(world.args("bob", ["receive", "--follow"]));
  await until("it waits", () => client.output.stderr.includes("stop with Ctrl-C"));
  client.kill("SIGINT");
  assertEquals((await client.outcome()).code, 130);
});

Deno.test("files: from standard input, announced, too large, fetched, cancelled", async () => {
  await using world = await World.open();
  const bytes = sampleBytes(3 * MiB + 1);
  const sending = ["--json", "send-file", "bob", "-", "--name", "back up.tar"];
  const sent = await world.run("alice", sending, { stdin: bytes });
  assertEquals(jsonLines<{ message: number }>(sent).map(({ message }) => message), [1]);
  assertEquals(
    [...Deno.readDirSync(`${world.root}/alice/outgoing`)],
    [],
    "the copy is still there",
  );

  const out = `${world.root}/out`;
  const announced = await world.run("bob", ["receive", "--max-size", "3M", "--out", out]);
  const line = "1  alice sent a file of 3 MiB: back up.tar. Fetch it with: " +
    `messaging-client --profile ${world.root}/bob fetch 1\n`;
  assertEquals(announced, line);
  const [waiting] = jsonLines<Record<string, unknown>>(await world.run("bob", ["--json", "files"]));
  const { transfer, direction, name, size, done, state } = waiting;
  const expected = [1, "down", "back up.tar", bytes.length, 0, "waiting"];
  assertEquals([transfer, direction, name, size, done, state], expected);
  assertEquals(await world.run("bob", ["receive", "--out", out]), "", "it is told of once");
  await world.run("bob", ["fetch", "1", "--out", out]);
  assertEquals(await Deno.readFile(`${out}/back up.tar`), bytes);
  assertEquals(await world.run("bob", ["files"]), "");

  await world.run("alice", ["send-file", "bob", await world.file("small", 10)]);
  await world.run("bob", ["receive", "--no-files"]);
  const given = await world.run("bob", ["transfers", "cancel", "2"]);
  assertEquals(given, "2  \u2190 alice: small, 10 bytes, cancelled\n");
  for (const command of [["fetch", "2"], ["transfers", "cancel", "2"], ["fetch", "9"]]) {
    const { code, stderr } = await runClient(world.args("bob", ["--json", ...command]));
    assertEquals([code, JSON.parse(stderr).error.code], [1, "unknown-transfer"], stderr);
  }
});

Deno.test("files: progress for scripts alone, and not for quiet ones", async () => {
  await using world = await World.open();
  const path = await world.file("big.bin", 5 * MiB);
  for (
    const [options, expected] of [[[], 0], [["--quiet", "--json"], 0], [["--json"], 1]] as const
  ) {
    const sending = world.args("alice", [...options, "send-file", "bob", path]);
    const { code, stderr } = await runClient(sending);
    assertEquals(code, 0, stderr);
    const lines = jsonLines<{ progress: Record<string, unknown> }>(stderr);
    assertEquals(lines.length >= expected, true, stderr);
    if (expected === 0) assertEquals(stderr, "");
    else {
      const last = lines[lines.length - 1].progress;
      assertEquals([last.file, last.done, last.size], ["big.bin", 5 * MiB, 5 * MiB]);
    }
  }
});

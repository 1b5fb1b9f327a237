/** An attacker with another key in the server's place, against the client as its users run it. */
import { toHex } from "../../shared/bytes.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { runOn } from "../support/client_process.ts";
import { type ServerProcess, startServer } from "../support/server_process.ts";
import { type TempFolder, tempFolder } from "../support/temp_folder.ts";
import { EvilServer } from "../support/attack/evil_server.ts";
import { Wire } from "../support/attack/wire.ts";

/** The server, another one that may take its place on the wire, and folders for profiles. */
class Scene implements AsyncDisposable {
  readonly realKey: string;
  readonly evilKey: string;

  private constructor(
    readonly server: ServerProcess,
    readonly evil: EvilServer,
    readonly wire: Wire,
    readonly folder: TempFolder,
    readonly stack: AsyncDisposableStack,
  ) {
    this.realKey = /key ([0-9a-f]{64})/.exec(server.output.stdout)?.[1] ?? "";
    this.evilKey = toHex(evil.key.publicKey);
  }

  static async open(): Promise<Scene> {
    const stack = new AsyncDisposableStack();
    const server = stack.use(await startServer());
    const evil = stack.use(new EvilServer());
    const wire = stack.use(new Wire(server.port));
    return new Scene(server, evil, wire, stack.use(await tempFolder()), stack);
  }

  /** Runs the client on the profile `name` with the address of the wire and `suffix` behind it. */
  async run(name: string, args: string[], { behind = "" } = {}) {
    const server = ["--server", this.wire.address + behind];
    return await runOn(`${this.folder.path}/${name}`, [...server, ...args]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack.disposeAsync();
  }
}

/** Fails unless all `parts` stand in `text`. */
function assertSays(text: string, ...parts: string[]): void {
  for (const part of parts) assert(text.includes(part), `"${part}" is not in: ${text}`);
}

Deno.test("server key: the first is accepted, another is refused until forgotten", async () => {
  await using scene = await Scene.open();
  const { wire, evil, server, realKey, evilKey } = scene;
  const first = await scene.run("alice", ["register", "alice"]);
  assertEquals(first.code, 0);
  assertSays(first.stderr, `First contact with the server at ${wire.address}, key ${realKey}`);
  const second = await scene.run("alice", ["list"]);
  assertEquals(second, { code: 0, signal: null, stdout: "", stderr: "" });

  wire.target = evil.port;
  const refused = await scene.run("alice", ["list"]);
  assertEquals([refused.code, refused.stdout], [1, ""]);
  assertSays(
    refused.stderr,
    `the server at ${wire.address} is not the one that this profile knows`,
    `known: ${realKey}`,
    `shown: ${evilKey}`,
    "Nothing was sent",
    "messaging-server fingerprint",
    " server forget",
  );
  const inJson = await scene.run("alice", ["--json", "send", "bob", "secret"]);
  assertEquals([inJson.code, JSON.parse(inJson.stderr).error.code], [1, "wrong-server"]);
  assertEquals(evil.handshakes, 2, "the client tries no further");
  assertEquals(evil.requests, [], "it has not even said who it is");

  wire.target = server.port;
  assertEquals((await scene.run("alice", ["list"])).code, 0);
  assertEquals((await scene.run("alice", ["server"])).stdout, `${wire.address}  ${realKey}\n`);

  wire.target = evil.port;
  const forgotten = await scene.run("alice", ["server", "forget"]);
  assertEquals(forgotten.stdout, `${wire.address}  no key known yet\n`);
  const accepted = await scene.run("alice", ["list"]);
  assertEquals(accepted.code, 0);
  assertSays(accepted.stderr, "First contact", evilKey);
  wire.target = server.port;
  assertEquals((await scene.run("alice", ["list"])).code, 1);
});

Deno.test("server key: HOST:PORT#KEY is demanded at every contact", async () => {
  await using scene = await Scene.open();
  const { wire, evil, server, realKey, evilKey } = scene;
  wire.target = evil.port;
  const refused = await scene.run("bob", ["register", "bob"], { behind: `#${realKey}` });
  assertEquals(refused.code, 1);
  assertSays(refused.stderr, `demanded: ${realKey}`, `shown:    ${evilKey}`, "Nothing was sent");
  assertEquals(evil.requests, []);

  wire.target = server.port;
  const right = await scene.run("bob", ["register", "bob"], { behind: `#${realKey}` });
  assertEquals(right.code, 0);
  assert(!right.stderr.includes("First contact"), "what was demanded is no surprise");
  const info = await Deno.readTextFile(`${scene.folder.path}/bob/server.info`);
  assertEquals(info, `${wire.address}#${realKey}\n`);
  const fromFile = await runOn(`${scene.folder.path}/bob`, ["list"]);
  assertEquals(fromFile.code, 0);
  wire.target = evil.port;
  const later = await runOn(`${scene.folder.path}/bob`, ["list"]);
  assertEquals(later.code, 1);
  assertSays(later.stderr, "does not have the key that its address demands", evilKey);
  assertEquals(evil.requests, []);
});

Deno.test("server key: what is no key is refused before anybody is asked", async () => {
  await using scene = await Scene.open();
  const { realKey } = scene;
  for (const behind of ["#", "#abc", `#${realKey}00`, `#${realKey}#`, `#${realKey.slice(1)}g`]) {
    const { code, stderr } = await scene.run("carol", ["list"], { behind });
    assertEquals(code, 1, behind);
    assertSays(stderr, "--server");
  }
  assertEquals(scene.wire.conversations.length, 0);
});

Deno.test("server key: a classic client cannot demand one", async () => {
  await using scene = await Scene.open();
  assertEquals((await scene.run("dave", ["register", "dave", "--classic"])).code, 0);
  const connections = scene.wire.conversations.length;
  const { code, stderr } = await scene.run("dave", ["list"], { behind: `#${scene.realKey}` });
  assertEquals(code, 1);
  assertSays(stderr, "cannot prove to a classic client");
  assertEquals(scene.wire.conversations.length, connections);
  assertEquals((await scene.run("dave", ["list"])).code, 0);
});

/** Orders to a running server: who may give them, and what becomes of bad ones. */
import { getLogger } from "@logtape/logtape";
import { randomBytes } from "../../../shared/crypto/random.ts";
import {
  connectControl,
  type ControlLine,
  openControlPlace,
} from "../../../server/control/control_place.ts";
import { ControlServer } from "../../../server/control/control_server.ts";
import { readJsonLines, writeJsonLine } from "../../../server/control/json_lines.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { cut, PieceSource } from "../../support/pieces.ts";
import { runServer, startServer } from "../../support/server_process.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";
import { tempFolder } from "../../support/temp_folder.ts";

async function answersTo({ conn }: ControlLine, request: unknown): Promise<unknown[]> {
  await writeJsonLine(conn, request);
  return await Array.fromAsync(readJsonLines(conn));
}

/** As on Windows, where it is a port: tests may open no socket by its path. */
const OS = "windows";

Deno.test("control: a request and its answer, and what is refused", async () => {
  await using server = await ServerFixture.start();
  await using folder = await tempFolder();
  const place = await openControlPlace(folder.path, { os: OS, random: randomBytes });
  const control = new ControlServer(place, server.services, getLogger("messaging-server"));
  const [name] = folder.names();
  const { mode } = await Deno.stat(`${folder.path}/${name}`);
  if (Deno.build.os !== "windows") assertEquals((mode ?? 0) & 0o777, 0o600);
  const ask = async (request: Record<string, unknown>) => {
    const line = await connectControl(folder.path, { os: OS });
    using _conn = line.conn;
    return await answersTo(line, { secret: line.secret, args: {}, ...request });
  };
  const [{ result }] = await ask({ operation: "stats" }) as [{ result: { clients: number } }];
  assertEquals(result.clients, 0);
  const unknown = 'the server that runs does not know "toString"';
  assertEquals(await ask({ operation: "toString" }), [{ error: unknown }]);
  const [missing] = await ask({ operation: "remove-client", args: { client: "nobody" } });
  assert(JSON.stringify(missing).includes("no client has the name or ID"), "refused in words");
  const refused = [{ error: "the secret is not the server's" }];
  assertEquals(await ask({ operation: "stats", secret: "0".repeat(64) }), refused);
  assertEquals(await ask({ operation: "stats", secret: undefined }), refused);
  await control[Symbol.asyncDispose]();
  assertEquals(folder.names(), []);
  await assertRejects(() => connectControl(folder.path, { os: OS }), Error);
});

Deno.test({
  name: "control: the socket is its owner's alone, and replaced after a kill",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using folder = await tempFolder();
    const socket = `${folder.path}/server.sock`;
    {
      await using server = await startServer({ data: folder.path });
      const { mode, isSocket } = await Deno.stat(socket);
      assertEquals([isSocket, (mode ?? 0) & 0o777], [true, 0o600]);
      await server.kill("SIGKILL");
    }
    assert((await Deno.stat(socket)).isSocket, "a killed server leaves it");
    await using server = await startServer({ data: folder.path });
    const { code, stdout } = await runServer(["stats", "--json", "--data", folder.path]);
    assertEquals([code, JSON.parse(stdout).clients], [0, 0]);
    await server.stop();
    assert(!folder.names().includes("server.sock"));
  },
});

Deno.test("control: a folder with a path too long for a socket is told", async () => {
  const options = { os: "linux", random: randomBytes } as const;
  await assertRejects(() => openControlPlace("/x".repeat(60), options), Error, "too long");
});

Deno.test("control: lines come whole however their bytes do, and a line has a limit", async () => {
  const values = [{ result: 1 }, "zwei\n", [null]];
  const bytes = new TextEncoder().encode(
    values.map((value) => `${JSON.stringify(value)}\n`).join(""),
  );
  for (const size of [1, 3, bytes.length]) {
    assertEquals(await Array.fromAsync(readJsonLines(new PieceSource(cut(bytes, [size])))), values);
  }
  const endless = { read: (into: Uint8Array) => Promise.resolve(into.fill(0x20).length) };
  await assertRejects(() => Array.fromAsync(readJsonLines(endless)), Error, "too long");
  const broken = new PieceSource([new TextEncoder().encode("{no JSON}\n")]);
  await assertRejects(() => Array.fromAsync(readJsonLines(broken)), SyntaxError);
});

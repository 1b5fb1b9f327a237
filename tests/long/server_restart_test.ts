/** A server that is stopped and started again while clients are at work: they notice nothing. */
import { MiB } from "../../shared/limits.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { runClient, startClient } from "../support/client_process.ts";
import { sampleBytes } from "../support/pieces.ts";
import { type ServerProcess, startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { until } from "../support/until.ts";

const SIZE = 60 * MiB + 12_345;
const RESTARTS = 3;

/** Bytes of files that the server has. */
function stored(server: ServerProcess): number {
  const folder = `${server.data}/chunks`;
  return [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile)
    .reduce((sum, { name }) => sum + Deno.statSync(`${folder}/${name}`).blocks! * 512, 0);
}

Deno.test("restarted in the middle of an upload: the same command goes on to its end", async () => {
  await using temp = await tempFolder();
  const data = `${temp.path}/server`;
  let server = await startServer({ data });
  await using running = new AsyncDisposableStack();
  running.defer(() => server[Symbol.asyncDispose]());
  const { port } = server;
  const client = (
    name: string,
    ...args: string[]
  ) => ["--profile", `${temp.path}/${name}`, ...args];
  const run = async (name: string, ...args: string[]) => {
    const { code, stdout, stderr } = await runClient(client(name, ...args));
    assertEquals(code, 0, stderr);
    return stdout;
  };
  for (const name of ["alice", "bob"]) {
    await run(name, "--server", server.address, "register", name);
  }
  await run("bob", "alias", "alice", "alice");
  const path = `${temp.path}/big.bin`;
  const content = sampleBytes(SIZE, 7);
  await Deno.writeFile(path, content);

  const sending = startClient(client("alice", "send-file", "bob", path));
  for (let restart = 1; restart <= RESTARTS; restart++) {
    const enough = restart * 10 * MiB;
    await until(`${enough} bytes are there`, () => stored(server) >= enough);
    assertEquals((await server.kill(restart % 2 ? "SIGTERM" : "SIGHUP")).code, 0);
    server = await startServer({ data, args: ["--port", `${port}`] });
  }
  const { code, stderr } = await sending.outcome();
  assertEquals(code, 0, stderr);
  await run("bob", "receive", "--out", temp.path);
  const received = await Deno.readFile(`${temp.path}/big (2).bin`);
  assert(received.length === SIZE && received.every((byte, at) => byte === content[at]));
});

/** `messaging-server health`, as a process. */
import { assert, assertEquals } from "../../support/assert.ts";
import { runServer, startServer } from "../../support/server_process.ts";

Deno.test("health: a server that answers proves its key", async () => {
  await using server = await startServer();
  const key = / key ([0-9a-f]{64})/.exec(server.output.stdout)![1];
  const args = ["health", "--host", "127.0.0.1", "--data", server.data];
  const { code, stdout } = await runServer([...args, "--port", `${server.port}`]);
  assertEquals([code, stdout], [0, `127.0.0.1:${server.port} answers, key ${key}\n`]);
  // The port may come from port.info, and 0.0.0.0 is reached on this machine.
  await Deno.writeTextFile(`${server.data}/port.info`, `${server.port}`);
  assertEquals((await runServer(["health", "--data", server.data])).stdout, stdout);
});

Deno.test("health: nobody there, and somebody else there", async () => {
  const other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = other.addr as Deno.NetAddr;
  const greeter = (async () => {
    using conn = await other.accept();
    await conn.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await conn.read(new Uint8Array(100));
  })();
  const wrong = await runServer(["health", "--port", `${port}`]);
  assertEquals([wrong.code, wrong.stdout], [1, ""]);
  assert(wrong.stderr.startsWith(`messaging-server: 127.0.0.1:${port} does not answer: `));
  await greeter;
  other.close();
  const nobody = await runServer(["health", "--port", `${port}`]);
  assertEquals([nobody.code, nobody.stdout], [1, ""]);
  assert(nobody.stderr.includes("does not answer"), nobody.stderr);
});

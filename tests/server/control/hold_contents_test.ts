/** Contents of a running server that stay while somebody copies them. */
import { assertEquals, assertRejects } from "../../support/assert.ts";
import { holdContents } from "../../../server/control/hold_contents.ts";
import { enter, fill } from "../../support/server/kept_folder.ts";
import { startServer } from "../../support/server_process.ts";
import { until } from "../../support/until.ts";

/** Tests may open no socket by its path, so another process holds. */
function holder(data: string): Deno.ChildProcess {
  const module = new URL("../../../server/control/hold_contents.ts", import.meta.url).href;
  const code = `import { holdContents } from ${JSON.stringify(module)};
    await holdContents({ data: ${JSON.stringify(data)}, os: Deno.build.os }, async (signal) => {
      console.log("held");
      await new Promise((_, reject) => signal.onabort = () => reject(signal.reason));
    }).catch(({ message }) => { console.log(message); });`;
  const config = new URL("../../../deno.json", import.meta.url);
  const args = ["eval", "--config", decodeURIComponent(config.pathname), code];
  return new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "null" }).spawn();
}

Deno.test("hold: contents are deleted when the holder is killed, not before", async () => {
  await using server = await startServer();
  const { bob } = await fill(server.port);
  const count = () => [...Deno.readDirSync(`${server.data}/files`)].length;
  const process = holder(server.data);
  const lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  assertEquals((await lines.read()).value, "held\n");
  using peer = await enter(server.port, bob);
  await peer.acknowledge(...(await peer.poll()).map(({ messageId }) => messageId));
  assertEquals(count(), 1);
  process.kill("SIGKILL");
  await process.status;
  await lines.cancel();
  await until("the content is deleted", () => count() === 0);
});

Deno.test("hold: the holder is told when the server stops", async () => {
  await using server = await startServer();
  const process = holder(server.data);
  const lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  assertEquals((await lines.read()).value, "held\n");
  await server.stop();
  assertEquals((await lines.read()).value, "the server stops\n");
  await process.status;
  await lines.cancel();
});

Deno.test("hold: where no server runs none can start meanwhile", async () => {
  await using server = await startServer();
  await server.stop();
  await holdContents({ data: server.data, os: Deno.build.os }, async () => {
    await assertRejects(() => startServer({ data: server.data }), Error, "a server runs");
  });
});

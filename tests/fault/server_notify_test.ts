/** A server that a service manager starts tells it when it serves, and when it stops. */
import { assert, assertEquals } from "../support/assert.ts";
import { startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { until } from "../support/until.ts";

/** Unix sockets for datagrams are there on Unix alone. */
const ignore = Deno.build.os === "windows";

Deno.test({
  name: "notify: ready when it listens, stopping when it drains",
  ignore,
  async fn() {
    await using temp = await tempFolder();
    const socket = `${temp.path}/notify`;
    const script = new URL("../support/fault/service_manager.ts", import.meta.url).href;
    const manager = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-q",
        "--no-prompt",
        "--unstable-net",
        "--allow-net",
        "--allow-read",
        "--allow-write",
      ]
        .concat([script, socket]),
      stdout: "piped",
    }).spawn();
    let heard = "";
    const hearing = manager.stdout.pipeThrough(new TextDecoderStream())
      .pipeTo(new WritableStream({ write: (text) => void (heard += text) }));
    await until("the manager listens", () => heard === "listening\n");
    {
      await using server = await startServer({ env: { NOTIFY_SOCKET: socket } });
      await until("it says that it is ready", () => heard === "listening\nREADY=1\n");
      const { code, stderr } = await server.stop();
      assertEquals(code, 0);
      await until("it says that it stops", () => heard.endsWith("READY=1\nSTOPPING=1\n"));
      assert(!stderr.includes("Cannot tell"), stderr);
      const names = [...Deno.readDirSync(server.data)].map(({ name }) => name);
      assert(!names.includes("server.notify"), "nothing stays in its folder");
    }
    manager.kill("SIGKILL");
    await manager.status;
    await hearing;
  },
});

Deno.test({
  name: "notify: a manager that is not there stops no server",
  ignore,
  async fn() {
    await using temp = await tempFolder();
    await using server = await startServer({ env: { NOTIFY_SOCKET: `${temp.path}/none` } });
    assertEquals((await server.stop()).code, 0);
    assert(server.output.stderr.includes("Cannot tell the service manager"));
  },
});

/** A daemon, and programs that use it. */
import { assert, assertEquals } from "../support/assert.ts";
import { STATE } from "../support/client_here.ts";
import {
  CLIENT_COMMAND,
  jsonLines,
  Person,
  runClient,
  startClient,
} from "../support/client_process.ts";
import { startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";

const CLIENT = new URL("../support/api/client.py", import.meta.url).pathname;

Deno.test("daemon: a client that was written from API.md alone drives it", async () => {
  await using server = await startServer({ args: ["--exempt", "127.0.0.1"] });
  await using folder = await tempFolder();
  const { code, stdout, stderr } = await new Deno.Command("python3", {
    args: [CLIENT, JSON.stringify(CLIENT_COMMAND), server.address, folder.path],
    env: { XDG_STATE_HOME: STATE },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assertEquals([text(stdout), code], ["done\n", 0], text(stderr));
});

const ASK = '{"jsonrpc":"2.0","id":1,"method":"whoami"}';

Deno.test("daemon: --stdio answers what came before the end, also beside an engine", async () => {
  await using server = await startServer({ args: ["--exempt", "127.0.0.1"] });
  await using alice = await Person.register(server.address, "alice", { classic: false });
  const ask = () => startClient(alice.args("daemon", "--stdio"), { stdin: ASK }).outcome();
  const answered = ({ stdout, code }: { stdout: string; code: number }) => {
    const [{ id, result }] = jsonLines<{ id: number; result: { items: { name: string }[] } }>(
      stdout,
    );
    return [id, result.items[0].name, code];
  };
  assertEquals(answered(await ask()), [1, "alice", 0]);
  await using engine = startClient(alice.args("daemon"));
  await engine.says("Ready: ");
  assertEquals(answered(await ask()), [1, "alice", 0]);
  const second = await startClient(alice.args("daemon")).outcome();
  assertEquals(second.code, 1);
  assert(second.stderr.includes("another process serves the profile already"), second.stderr);
  engine.kill("SIGTERM");
  const { code, stdout } = await engine.outcome();
  assertEquals([code, stdout], [0, ""]);
});

Deno.test("daemon: register through it notes the server, as it does without one", async () => {
  await using server = await startServer({ args: ["--exempt", "127.0.0.1"] });
  await using folder = await tempFolder();
  const profile = ["--profile", folder.path];
  await using engine = startClient([...profile, "--server", server.address, "daemon"]);
  await engine.says("Ready: ");
  const registered = await runClient([...profile, "register", "alice"]);
  assertEquals(registered.code, 0, registered.stderr);
  assert(registered.stderr.includes("From now on this profile uses the server"));
  assert((await Deno.readTextFile(`${folder.path}/server.info`)).startsWith(server.address));
  engine.kill("SIGTERM");
  await engine.outcome();
  assertEquals((await runClient([...profile, "list"])).code, 0);
});

Deno.test("daemon: --idle ends it when nobody is there", async () => {
  await using server = await startServer({ args: ["--exempt", "127.0.0.1"] });
  await using alice = await Person.register(server.address, "alice", { classic: false });
  const { code, stderr } = await startClient(alice.args("daemon", "--idle", "0.01")).outcome();
  assertEquals(code, 0, stderr);
  const wrong = await alice.run(["daemon", "--idle", "soon"], {});
  assertEquals(wrong.code, 2);
});

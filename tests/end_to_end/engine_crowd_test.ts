/** Many front ends of one engine, and what is none. */
import { connectEndpoint, hasEndpoint } from "../../client/daemon/endpoint.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { useEngines } from "../support/client/engines_here.ts";
import { Person, startClient } from "../support/client_process.ts";
import { startServer } from "../support/server_process.ts";
import { until } from "../support/until.ts";

const SERVER = { args: ["--exempt", "127.0.0.1"] };

useEngines();

/** Two people who know each other. */
async function meet(address: string): Promise<[Person, Person]> {
  const alice = await Person.register(address, "alice", { classic: false });
  const bob = await Person.register(address, "bob", { classic: false });
  await bob.json("send", "alice", "hello");
  assertEquals(await alice.texts(), ["hello"]);
  return [alice, bob];
}

/** Makes a file that takes a while to send. Returns its path. */
async function largeFileOf({ folder }: Person): Promise<string> {
  const path = `${folder}/large file`;
  using file = await Deno.create(path);
  await file.truncate(600_000_000);
  return path;
}

Deno.test("engine: twenty clients at once, and each text arrives once", async () => {
  await using server = await startServer(SERVER);
  const [alice, bob] = await meet(server.address);
  await using _alice = alice;
  await using _bob = bob;
  const texts = Array.from({ length: 20 }, (_, n) => `text ${n}`);
  await Promise.all(texts.map((text) => alice.json("send", "bob", text)));
  const received = await Promise.all(Array.from({ length: 5 }, () => bob.texts()));
  const rest = await bob.texts();
  assertEquals([...received.flat(), ...rest].sort(), texts.toSorted());
});

Deno.test("engine: a killed front end loses nothing of its file, and holds up nobody", async () => {
  await using server = await startServer(SERVER);
  const [alice, bob] = await meet(server.address);
  await using _alice = alice;
  await using _bob = bob;
  const path = await largeFileOf(alice);
  const transfer = async () =>
    (await alice.json<{ state: string; done: number }>("transfers"))[0] ?? {};
  await using sending = startClient(alice.args("--json", "send-file", "bob", path));
  await sending.says('"progress"');
  await alice.json("send", "bob", "meanwhile");
  assertEquals(await bob.texts(), ["meanwhile"]);
  sending.kill("SIGKILL");
  await sending.outcome();
  // It stops in good order, and waits for the next receive or send-file.
  let last = -1;
  await until("it rests", async () => {
    const { state, done } = await transfer();
    assertEquals(state, "active");
    const rests = done === last;
    last = done;
    return rests;
  });
  const [, number] = /"transfer":(\d+)/.exec((await alice.run(["--json", "transfers"])).stdout)!;
  await alice.json("transfers", "cancel", number);
});

Deno.test("engine: garbage, a wrong secret, and who says nothing disturb nobody", async () => {
  await using server = await startServer(SERVER);
  const [alice, bob] = await meet(server.address);
  await using _alice = alice;
  await using _bob = bob;
  assert(await hasEndpoint(alice.folder));
  const file = JSON.parse(await Deno.readTextFile(`${alice.folder}/engine.json`));
  assertEquals((Deno.statSync(`${alice.folder}/engine.json`).mode ?? 0) & 0o777, 0o600);
  const connect = () => Deno.connect({ hostname: "127.0.0.1", port: file.port });
  /** Writes to an engine, and returns all that it answers. */
  const answerTo = async (conn: Deno.Conn, bytes: Uint8Array<ArrayBuffer>) => {
    await conn.write(bytes);
    await (conn as Deno.TcpConn).closeWrite();
    return await new Response(conn.readable).text().catch(() => "");
  };
  using _silent = await connect();
  const encode = (text: string) => new TextEncoder().encode(text);
  const wrong = `${"0".repeat(64)}\n${
    "0".repeat(64)
  }\n{"jsonrpc":"2.0","id":1,"method":"version"}\n`;
  const proof = await answerTo(await connect(), encode(wrong));
  assert(proof === "" || /^[0-9a-f]{64} [0-9a-f]{64}\n$/.test(proof), proof);
  const garbage = crypto.getRandomValues(new Uint8Array(5000));
  const answer = await answerTo((await connectEndpoint(alice.folder))!, garbage);
  assert(answer === "" || answer.includes('"error"'), answer);
  for (const line of ["{}", "[]", '{"jsonrpc":"2.0","id":1,"method":"command-line"}', "null"]) {
    const answer = await answerTo((await connectEndpoint(alice.folder))!, encode(`${line}\n`));
    assert(answer.includes('"error"'), `${line}: ${answer}`);
  }
  await alice.json("send", "bob", "undisturbed");
  assertEquals(await bob.texts(), ["undisturbed"]);
});

Deno.test("engine: Ctrl-C stops one command alone; a file comes from standard input", async () => {
  await using server = await startServer(SERVER);
  const [alice, bob] = await meet(server.address);
  await using _alice = alice;
  await using _bob = bob;
  const path = await largeFileOf(alice);
  await using sending = startClient(alice.args("--json", "send-file", "bob", path));
  await sending.says('"progress"');
  sending.kill("SIGINT");
  const { code, stdout, stderr } = await sending.outcome();
  assertEquals([code, stdout], [130, ""]);
  assert(stderr.includes('"code":"interrupted"'), stderr);
  const [{ transfer, state }] = await alice.json<{ transfer: number; state: string }>("transfers");
  assertEquals(state, "active");
  await alice.json("transfers", "cancel", `${transfer}`);
  const stdin = crypto.getRandomValues(new Uint8Array(60_000));
  const args = ["send-file", "--name", "from a pipe", "bob", "-"];
  assertEquals((await alice.run(args, { stdin })).code, 0);
  const [received] = await bob.receive();
  assertEquals(await Deno.readFile(received.path!), stdin);
});

Deno.test("engine: it refuses what would take the profile from under it", async () => {
  await using server = await startServer(SERVER);
  const [alice, bob] = await meet(server.address);
  await using _alice = alice;
  await using _bob = bob;
  const refused = async (...command: string[]) => {
    const { code, stdout, stderr } = await alice.run(["--json", ...command], {});
    assertEquals([code, stdout], [1, ""], stderr);
    const { error } = JSON.parse(stderr);
    assert(error.message.includes("messaging-client"), error.message);
    return error.code;
  };
  assertEquals(await refused("passphrase", "set"), "in-use");
  assertEquals(await refused("--server", "127.0.0.1:9", "list"), "in-use");
  assertEquals(await refused("lock"), "no-passphrase");
  await alice.json("unregister", "--yes");
  await until("the engine has ended", async () => !await hasEndpoint(alice.folder));
});

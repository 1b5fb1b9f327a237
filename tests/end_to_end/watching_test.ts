/** The server as its operator watches it: the admin port, and the log. */
import { utf8 } from "../../shared/bytes.ts";
import { encodeSendPrefix } from "../../shared/protocol/classic/requests.ts";
import { encodeRequestHeader } from "../../shared/protocol/frame.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Person } from "../support/client_process.ts";
import { runServer, type ServerProcess, startServer } from "../support/server_process.ts";
import { expectKind, Peer, requestBytes } from "../support/server/peer.ts";
import { samplesOf } from "../support/server/samples.ts";
import { until } from "../support/until.ts";

/** Where the admin port of a server is. */
async function adminOf({ output }: ServerProcess): Promise<string> {
  const found = () => /http:\/\/127\.0\.0\.1:\d+/.exec(output.stdout)?.[0];
  await until("it says where the admin port is", () => found() !== undefined);
  return found()!;
}

async function get(url: string): Promise<[number, string]> {
  const response = await fetch(url);
  return [response.status, await response.text()];
}

Deno.test({
  name: "watching: metrics and health of a server, until it has stopped",
  ignore: Deno.build.os === "windows", // which has no signal that asks it to stop
  async fn() {
    await using server = await startServer({ args: ["--admin", "127.0.0.1:0"] });
    const admin = await adminOf(server);
    using peer = await Peer.connect(server.port);
    const alice = await peer.register("alice");
    await peer.sendText(alice, alice, utf8("text"));
    assertEquals(await get(`${admin}/healthz`), [200, "ok\n"]);
    assertEquals(await get(`${admin}/readyz`), [200, "ready\n"]);
    const samples = samplesOf((await get(`${admin}/metrics`))[1]);
    assertEquals(samples.get("messaging_waiting_messages"), 1);
    assert((samples.get("process_resident_memory_bytes") ?? 0) > 2 ** 20, "memory is shown");
    assertEquals(samples.get("messaging_buffer_limit_bytes"), 512 * 2 ** 20);
    const started = samples.get("process_start_time_seconds") ?? 0;
    assert(started > 1.6e9 && started * 1000 <= Date.now(), `started at ${started}`);

    // A request under way keeps it from stopping.
    const content = new Uint8Array(100_000);
    await peer.send(
      encodeRequestHeader({ clientId: alice, version: 2, code: 103, size: content.length + 21 }),
      encodeSendPrefix({ to: alice, type: 4, size: content.length }),
      content.subarray(0, 50_000),
    );
    const arrived = () => [...Deno.readDirSync(`${server.data}/files`)].length === 1;
    await until("the upload is under way", arrived);
    server.process.kill("SIGTERM");
    await until("it is not ready any more", async () => (await get(`${admin}/readyz`))[0] === 503);
    assertEquals(await get(`${admin}/readyz`), [503, "draining\n"]);
    assertEquals(await get(`${admin}/healthz`), [200, "ok\n"]);
    await peer.send(content.subarray(50_000));
    await peer.rest();
    peer.close();
    const { code, stdout } = await server.kill("SIGCONT"); // a second SIGTERM would cut it short
    assertEquals([code, stdout.split("\n").length], [0, 3]); // two lines, and nothing of others
  },
});

Deno.test("watching: an admin port that is taken is an error that says so", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const data = await Deno.makeTempDir({ prefix: "server_" });
  const { port } = taken.addr;
  const outcome = await runServer(["--port", "0", "--data", data, "--admin", `${port}`]);
  assertEquals([outcome.code, outcome.stdout], [1, ""]);
  assert(outcome.stderr.includes(`127.0.0.1:${port} is in use`), outcome.stderr);
  assert(outcome.stderr.includes("--admin"), outcome.stderr);
  await Deno.remove(data, { recursive: true });
});

Deno.test("watching: the log of a conversation has no name, key, content or address", async () => {
  await using server = await startServer({ args: ["--log-level", "debug"] });
  const [one, two] = ["Wilhelmina Murray", "Jonathan Harker"];
  await using mina = await Person.register(server.address, one, { classic: false });
  await using jonathan = await Person.register(server.address, two, { classic: false });
  await using old = await Person.register(server.address, "Abraham van Helsing");
  const text = "the coach leaves at midnight";
  await mina.json("send", two, text);
  await jonathan.json("receive");
  await jonathan.json("send", one, `${text}, or at dawn`);
  await Deno.writeTextFile(`${mina.folder}/timetable.txt`, text.repeat(9_000));
  await mina.json("send-file", two, `${mina.folder}/timetable.txt`);
  await mina.json("receive");
  await jonathan.receive();
  const [{ publicKey: key }] = await mina.json<{ publicKey: string }>("key", two);
  // What is refused, and what breaks in the middle.
  await using other = await Person.create(server.address);
  assertEquals((await other.run(["register", one])).code, 1);
  assertEquals((await old.run(["send", "Count Dracula", text])).code, 1);
  using peer = await Peer.connect(server.port);
  const id = await peer.register("Lucy Westenra");
  expectKind(await peer.request(id.toReversed(), { kind: "get-messages" }), "failure");
  await peer.send(requestBytes(id, { kind: "client-list" }).subarray(0, 20));
  peer.close();
  const { stderr } = await server.stop();
  const lines = stderr.trimEnd().split("\n");
  assert(lines.some((line) => line.includes("refused")), "there is something to look at");
  for (const line of lines) JSON.parse(line);
  assertEquals(key.length, 320);
  const secrets = ["Wilhelmina", "Harker", "Helsing", "Dracula", "Westenra", "midnight"];
  const ids = [mina.id, jonathan.id, old.id, id.toHex()];
  for (const secret of [...secrets, ...ids, "127.0.0.1", "timetable", key]) {
    assert(!stderr.toLowerCase().includes(secret.toLowerCase()), `"${secret}" in ${stderr}`);
  }
});

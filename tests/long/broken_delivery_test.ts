import { Profile } from "../../client/profile/profile.ts";
import { networkOf } from "../support/client/network.ts";
import { cbcSize } from "../../shared/crypto/classic/aes_cbc.ts";
import { RESPONSE_HEADER_SIZE } from "../../shared/protocol/frame.ts";
import { MESSAGE_HEAD_SIZE } from "../../shared/protocol/message.ts";
import { assertEquals } from "../support/assert.ts";
import {
  type ClientProcess,
  jsonLines,
  Person,
  type ReceivedJson,
  startClient,
  withoutProgress,
} from "../support/client_process.ts";
import { sampleBytes } from "../support/pieces.ts";
import { type ServerProcess, startServer } from "../support/server_process.ts";
import { CuttingProxy } from "../support/proxies/cutting_proxy.ts";
import { until } from "../support/until.ts";
import { newClient } from "../support/new_client.ts";

const FILE = sampleBytes(3_000_000);
/** What {@link sendAll} makes for Bob, who has a key: types, and the sizes of their contents. */
const SENT: [type: ReceivedJson["type"], size: number][] = [
  ["text", cbcSize("one".length + 1)],
  ["file", cbcSize(FILE.length)],
  ["text", cbcSize("two".length + 1)],
];
const TYPES = SENT.map(([type]) => type);
/** All that one poll delivers. */
const DELIVERY = SENT.reduce(
  (all, [, size]) => all + MESSAGE_HEAD_SIZE + size,
  RESPONSE_HEADER_SIZE,
);

async function sendAll(alice: Person): Promise<void> {
  await Deno.writeFile(`${alice.folder}/file`, FILE);
  await alice.json("send", "bob", "one");
  await alice.json("send-file", "bob", `${alice.folder}/file`);
  await alice.json("send", "bob", "two");
}

/** Two people who know each other and have a key. */
async function friends(server: ServerProcess, stack: AsyncDisposableStack) {
  const alice = stack.use(await Person.register(server.address, "alice"));
  const bob = stack.use(await Person.register(server.address, "bob"));
  await alice.json("send-key", "bob");
  assertEquals((await bob.json<ReceivedJson>("receive")).map(({ type }) => type), ["key"]);
  return { alice, bob };
}

/** Receives over a connection that breaks. Returns what was received all the same. */
async function receiveBroken(bob: Person, server: ServerProcess, passes: number) {
  await using proxy = new CuttingProxy({ port: server.port, passes, size: DELIVERY });
  const args = ["--json", "--server", proxy.hostPort, "receive", "--out", bob.out];
  const { code, stdout, ...outcome } = await bob.run(args);
  const stderr = withoutProgress(outcome.stderr);
  if (passes >= DELIVERY) {
    assertEquals([code, proxy.cuts, stderr], [0, 1, ""]);
    return jsonLines<ReceivedJson>(stdout);
  }
  assertEquals([code, proxy.cuts], [1, 1], stderr);
  assertEquals(jsonLines<{ error: { code: string } }>(stderr).map(({ error }) => error.code), [
    "unreachable",
  ]);
  return jsonLines<ReceivedJson>(stdout);
}

/** Receives what is missing of a delivery, as soon as the server has noticed that it broke. */
async function receiveRest(bob: Person, have: number): Promise<ReceivedJson[]> {
  const received: ReceivedJson[] = [];
  await until("the messages are back", async () => {
    received.push(...await bob.json<ReceivedJson>("receive", "--out", bob.out));
    return have + received.length >= TYPES.length;
  });
  return received;
}

Deno.test("broken delivery: wherever it breaks, everything arrives exactly once", async () => {
  await using server = await startServer();
  await using stack = new AsyncDisposableStack();
  const { alice, bob } = await friends(server, stack);
  const inside = [0, 7, 40, 1_000_000, DELIVERY - 40, DELIVERY - 1];
  for (const passes of [...inside, DELIVERY, DELIVERY + 9]) {
    await sendAll(alice);
    const received = await receiveBroken(bob, server, passes);
    received.push(...await receiveRest(bob, received.length));
    assertEquals(received.map(({ type }) => type), TYPES, `cut after ${passes} bytes`);
    const ids = received.map(({ message }) => message);
    assertEquals(ids, [...new Set(ids)].sort((a, b) => a - b));
    const { path } = received.find(({ type }) => type === "file")!;
    assertEquals(await Deno.readFile(path!), FILE);
    assertEquals(await bob.json("receive"), []);
  }
});

Deno.test("broken delivery: what came whole is shown at once", async () => {
  await using server = await startServer();
  await using stack = new AsyncDisposableStack();
  const { alice, bob } = await friends(server, stack);
  await sendAll(alice);
  const shown = await receiveBroken(bob, server, Math.floor(DELIVERY / 2));
  assertEquals(shown.map(({ text }) => text), ["one"]);
  const rest = await receiveRest(bob, shown.length);
  assertEquals(rest.map(({ type }) => type), ["file", "text"]);
});

Deno.test("broken delivery: the receiver is killed in the middle of a file", async () => {
  await using server = await startServer();
  await using stack = new AsyncDisposableStack();
  const { alice, bob } = await friends(server, stack);
  await sendAll(alice);
  let client: ClientProcess | undefined;
  {
    await using proxy = new CuttingProxy({
      port: server.port,
      passes: Math.floor(DELIVERY / 2),
      size: DELIVERY,
      then: () => {
        client?.kill("SIGKILL");
        return client?.outcome() ?? Promise.resolve();
      },
    });
    client = startClient(bob.args("--json", "--server", proxy.hostPort, "receive"));
    const { signal, stdout } = await client.outcome();
    assertEquals([signal as string, stdout, proxy.cuts], ["SIGKILL", "", 1]);
  }
  const received = await receiveRest(bob, 0);
  assertEquals(received.map(({ type }) => type), TYPES);
  assertEquals(await Deno.readFile(received[1].path!), FILE);
  assertEquals([...Deno.readDirSync(`${bob.folder}/incoming`)], []);
  assertEquals(await bob.json("receive"), []);
});

Deno.test("broken delivery: a server killed right after its answer has the message", async () => {
  let server = await startServer();
  const { data, port } = server;
  const again = async () => {
    assertEquals((await server.kill("SIGKILL")).signal as string, "SIGKILL");
    server = await startServer({ data, args: ["--port", String(port)] });
  };
  try {
    await using stack = new AsyncDisposableStack();
    const { alice, bob } = await friends(server, stack);
    await Deno.writeFile(`${alice.folder}/file`, FILE);
    {
      // In this process, so that nothing comes between the acknowledgement and the kill.
      using profile = await Profile.open(alice.folder);
      const client = newClient(profile, networkOf(profile, port));
      await client.sendText("bob", "one");
      await again();
      await client.sendFile("bob", `${alice.folder}/file`, () => {});
      await again();
      await client.sendText("bob", "two");
      await again();
    }
    const received = await bob.json<ReceivedJson>("receive", "--out", bob.out);
    assertEquals(received.map(({ type }) => type), TYPES);
    assertEquals([received[0].text, received[2].text], ["one", "two"]);
    assertEquals(await Deno.readFile(received[1].path!), FILE);
  } finally {
    await server.kill("SIGKILL");
    await Deno.remove(data, { recursive: true });
  }
});

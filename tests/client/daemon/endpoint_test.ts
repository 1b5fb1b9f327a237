import { createHmac } from "node:crypto";
import { connectEndpoint, type Endpoint, openEndpoint } from "../../../client/daemon/endpoint.ts";
import { connectionDuplex } from "../../../client/daemon/duplex.ts";
import { EngineServer } from "../../../client/daemon/engine_server.ts";
import type { Method } from "../../../client/daemon/method.ts";
import { RpcPeer } from "../../../client/daemon/rpc_peer.ts";
import { ClientError } from "../../../client/errors.ts";
import { randomBytes } from "../../../shared/crypto/random.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { tempFolder } from "../../support/temp_folder.ts";
import { until } from "../../support/until.ts";

const PING: Method = { name: "ping", summary: "Answer", params: [], result: {}, run: () => "pong" };

interface PortFile {
  readonly port: number;
  readonly secret: string;
}

/** Opens an endpoint on a port, and returns what its file says. */
async function openPort(folder: string): Promise<Endpoint & PortFile> {
  const endpoint = await openEndpoint(folder, { random: randomBytes, way: "port" });
  return Object.assign(endpoint, JSON.parse(await Deno.readTextFile(`${folder}/engine.json`)));
}

function connect({ port }: PortFile): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname: "127.0.0.1", port });
}

async function write(conn: Deno.Conn, text: string): Promise<void> {
  await conn.write(new TextEncoder().encode(text));
}

/** Returns the next that comes; "" at the end. */
async function read(conn: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(4096);
  const count = await conn.read(buffer).catch(() => null);
  return new TextDecoder().decode(buffer.subarray(0, count ?? 0));
}

/** Returns a proof as the documentation of the API describes it. */
function proofOf(secret: string, role: string, frontEnd: string, engine: string): string {
  const hmac = createHmac("sha256", Uint8Array.fromHex(secret)).update(role);
  return hmac.update(frontEnd, "hex").update(engine, "hex").digest("hex");
}

async function ping(conn: Deno.Conn): Promise<unknown> {
  const peer = new RpcPeer(connectionDuplex(conn), []);
  const answer = await peer.request("ping");
  await peer.close();
  return answer;
}

Deno.test("endpoint: only its own user connects, whatever others put in its place", async () => {
  await using temp = await tempFolder();
  await using endpoint = await openPort(temp.path);
  const own = Deno.lstatSync(temp.path).uid;
  if (own !== null) assertEquals(await connectEndpoint(temp.path, { user: own + 1 }), null);
  const admitted = endpoint.accept().then(async (other) => {
    using conn = other;
    return await endpoint.admits(conn);
  });
  using conn = await connectEndpoint(temp.path, { user: own });
  assert(conn !== null);
  assert(await admitted);
});

Deno.test("endpoint: one program too many is told so, and served when one has ended", async () => {
  await using temp = await tempFolder();
  const endpoint = await openPort(temp.path);
  await using server = new EngineServer(endpoint, [PING]);
  using stack = new DisposableStack();
  const connect = async () => stack.use((await connectEndpoint(temp.path))!);
  const peers: RpcPeer[] = [];
  for (let number = 0; number < 256; number++) {
    peers.push(new RpcPeer(connectionDuplex(await connect()), []));
  }
  await until("all are served", () => server.count === 256);
  const refused = await assertRejects(async () => await ping(await connect()), ClientError);
  assertEquals(refused.code, "busy");
  assert(refused.message.includes("256 programs already; end some of them"), refused.message);
  await peers[0].close();
  await until("there is room", () => server.count < 256);
  assertEquals(await ping(await connect()), "pong");
  await Promise.all(peers.map((peer) => peer.close()));
});

Deno.test("endpoint: who knows the secret proves it as documented", async () => {
  await using temp = await tempFolder();
  const endpoint = await openPort(temp.path);
  await using _server = new EngineServer(endpoint, [PING]);
  using conn = await connect(endpoint);
  const own = "7".repeat(64);
  await write(conn, `${own}\n`);
  const [, theirs, proof] = /^([0-9a-f]{64}) ([0-9a-f]{64})\n$/.exec(await read(conn))!;
  assertEquals(proof, proofOf(endpoint.secret, "engine", own, theirs));
  await write(conn, `${proofOf(endpoint.secret, "front end", own, theirs)}\n`);
  assertEquals(await ping(conn), "pong");
});

Deno.test("endpoint: who does not know the secret is not heard, nor a recording", async () => {
  await using temp = await tempFolder();
  const endpoint = await openPort(temp.path);
  await using server = new EngineServer(endpoint, [PING]);
  const own = "7".repeat(64);
  const request = '{"jsonrpc":"2.0","id":1,"method":"ping"}\n';
  /** Says what is made of the engine's nonce and proof; returns all that comes then. */
  const answerTo = async (said: (nonce: string, proof: string) => string) => {
    using conn = await connect(endpoint);
    await write(conn, `${own}\n`);
    const [nonce, proof] = (await read(conn)).trim().split(" ");
    await write(conn, `${said(nonce, proof)}\n${request}`);
    return await read(conn);
  };
  let recorded = "";
  const proper = await answerTo((nonce) => {
    return recorded = proofOf(endpoint.secret, "front end", own, nonce);
  });
  assert(proper.includes("pong"), proper);
  assertEquals(await answerTo(() => recorded), "");
  assertEquals(await answerTo((_, proof) => proof), "");
  assertEquals(await answerTo(() => endpoint.secret), "");
  assertEquals(await answerTo((nonce) => proofOf("00".repeat(32), "front end", own, nonce)), "");
  assertEquals(await answerTo((nonce) => proofOf(endpoint.secret, "front end", nonce, own)), "");
  assertEquals(await answerTo(() => "garbage".repeat(20)), "");
  assertEquals(server.count, 0);
});

Deno.test("endpoint: a stranger on the port gets nothing but a nonce", async () => {
  await using temp = await tempFolder();
  const { port, secret } = await openPort(temp.path).then(async (endpoint) => {
    const file = await Deno.readTextFile(`${temp.path}/engine.json`);
    await endpoint[Symbol.asyncDispose]();
    await Deno.writeTextFile(`${temp.path}/engine.json`, file, { mode: 0o600 });
    return endpoint;
  });
  using stranger = Deno.listen({ hostname: "127.0.0.1", port });
  const answers = [
    (nonce: string) => `${nonce} ${nonce}\n`,
    (nonce: string) => `${nonce} ${proofOf(secret, "front end", nonce, nonce)}\n`,
    () => `${"0".repeat(64)} ${"0".repeat(64)}\n`,
    () => '{"jsonrpc":"2.0","id":1,"method":"text","params":{"file":"/etc/passwd"}}\n'.repeat(9),
  ];
  for (const answer of answers) {
    const heard = stranger.accept().then(async (accepted) => {
      using conn = accepted;
      const first = await read(conn);
      await write(conn, answer(first.trim()));
      return first + await read(conn);
    });
    assertEquals(await connectEndpoint(temp.path), null);
    assert(/^[0-9a-f]{64}\n$/.test(await heard), await heard);
    assert(!(await heard).includes(secret));
  }
});

Deno.test("endpoint: many who say nothing keep nobody out, and have an end", async () => {
  await using temp = await tempFolder();
  const endpoint = await openPort(temp.path);
  await using _server = new EngineServer(endpoint, [PING]);
  await using silent = new AsyncDisposableStack();
  const conns: Deno.Conn[] = [];
  for (let n = 0; n < 200; n++) conns.push(silent.use(await connect(endpoint)));
  using conn = await connectEndpoint(temp.path);
  assertEquals(await ping(conn!), "pong");
  // The first ones have made room.
  assertEquals(await read(conns[0]), "");
  assertEquals(await read(conns[100]), "");
});

/** Runs `test` with plain files in the place of sockets, which the tests may not listen on. */
async function withoutSockets(test: () => Promise<void>, made?: (path: string) => void) {
  const { listen } = Deno;
  Deno.listen = ((options: { path: string }) => {
    Deno.writeTextFileSync(options.path, "", { createNew: true, mode: 0o777 });
    made?.(options.path);
    return listen({ hostname: "127.0.0.1", port: 0 });
  }) as typeof Deno.listen;
  try {
    await test();
  } finally {
    Deno.listen = listen;
  }
}

Deno.test("endpoint: links in the place of its files lead nowhere", async () => {
  await using temp = await tempFolder();
  const folder = `${temp.path}/profile`;
  const other = `${temp.path}/other`;
  for (const path of [folder, other]) await Deno.mkdir(path);
  const names = ["engine.sock", "engine.json"];
  for (const name of names) {
    await Deno.writeTextFile(`${other}/${name}`, "of someone else");
    await Deno.symlink(`${other}/${name}`, `${folder}/${name}`);
  }
  await Deno.symlink(other, `${folder}/engine.new`);
  await withoutSockets(async () => {
    await using _endpoint = await openEndpoint(folder, { random: randomBytes, way: "socket" });
    for (const name of names) assert(Deno.lstatSync(`${folder}/${name}`).isFile, name);
  });
  assertEquals([...Deno.readDirSync(folder)], []);
  for (const name of names) {
    assertEquals(await Deno.readTextFile(`${other}/${name}`), "of someone else");
  }
});

Deno.test("endpoint: a socket is never where others may enter and yet open to them", async () => {
  await using temp = await tempFolder();
  await Deno.chmod(temp.path, 0o755);
  const modeOf = (path: string) => (Deno.lstatSync(path).mode ?? 0) & 0o777;
  const made: number[] = [];
  // A killed engine may have left this, and others may enter it.
  await Deno.mkdir(`${temp.path}/engine.new`);
  await Deno.chmod(`${temp.path}/engine.new`, 0o777);
  await Deno.writeTextFile(`${temp.path}/engine.new/engine.sock`, "");
  await withoutSockets(async () => {
    await using _endpoint = await openEndpoint(temp.path, { random: randomBytes, way: "socket" });
    assertEquals(made, [0o700]);
    assertEquals(modeOf(`${temp.path}/engine.sock`), 0o600);
    const names = [...Deno.readDirSync(temp.path)].map(({ name }) => name).toSorted();
    assertEquals(names, ["engine.json", "engine.sock"]);
  }, (path) => made.push(modeOf(path.slice(0, path.lastIndexOf("/")))));
  assertEquals([...Deno.readDirSync(temp.path)], []);
});

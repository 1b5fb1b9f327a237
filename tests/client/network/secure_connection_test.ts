/** One secure connection: many requests at a time, streams among them, and all the ways to end. */
import { parseAddress } from "../../../client/network/address.ts";
import { ClientError } from "../../../client/errors.ts";
import { SecureConnection } from "../../../client/network/secure_connection.ts";
import { concat } from "../../../shared/bytes.ts";
import {
  generateIdentity,
  publicIdentity,
  secureClientId,
} from "../../../shared/crypto/identity.ts";
import { generateX25519Secret, X25519KeyPair } from "../../../shared/crypto/x25519.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { encodeResponseHeader } from "../../../shared/protocol/frame.ts";
import { encodeSecureRequest } from "../../../shared/protocol/secure/requests.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { EvilServer } from "../../support/attack/evil_server.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { until, withDeadline } from "../../support/until.ts";

const secrets = generateIdentity();
const credentials = { publicKey: await publicIdentity(secrets), secrets };
const own = secureClientId(credentials.publicKey);

/** A connection of a registered client. */
async function open(server: EvilServer, deadline?: number): Promise<SecureConnection> {
  server.clients.push({ id: own, name: "me", publicKey: credentials.publicKey });
  const address = parseAddress(server.address, "the test");
  return await SecureConnection.open(address, credentials, () => {}, { deadline });
}

const list = { kind: "list-clients", prefix: "", after: "" } as const;

/** A message to the connection's own client, of which `number` is the token. */
function message(number: number, content = sampleBytes(10)) {
  const token = new Uint8Array(16).fill(number & 0xff).with(0, number >> 8);
  const to = own;
  return { kind: "send", to, token, type: MessageType.text, content } as const;
}

function refused(connection: SecureConnection): Promise<ClientError> {
  return assertRejects(() => connection.request(list), ClientError);
}

Deno.test("connection: a chunk is read into the memory given for it, if it fits", async () => {
  await using server = new EvilServer();
  const connection = await open(server);
  const place = { blob: sampleBytes(16), chunk: 0 };
  const bytes = sampleBytes(5_000);
  await connection.request({ kind: "open-upload", blob: place.blob, size: bytes.length });
  await connection.request({ kind: "put-chunk", ...place, bytes });
  await connection.request({ kind: "share", blob: place.blob, receivers: [own] });
  for (const room of [4_999, 5_000, 6_000]) {
    const into = new Uint8Array(room);
    const chunk = await connection.request({ kind: "get-chunk", ...place }, into);
    assertEquals(chunk.bytes, bytes);
    assertEquals(chunk.bytes.buffer === into.buffer, room >= bytes.length);
  }
  await connection.close();
});

Deno.test("connection: hundreds of requests at a time get each its own answer", async () => {
  await using server = new EvilServer();
  const connection = await open(server);
  const asked = Array.from({ length: 300 }, async (_, number) => {
    if (number % 3 === 0) {
      const { clients } = await connection.request(list);
      return clients.length;
    }
    return (await connection.request(message(number))).messageId;
  });
  const answers = await Promise.all(asked);
  const ids = answers.filter((_, number) => number % 3 !== 0);
  assertEquals(ids, Array.from({ length: 200 }, (_, i) => i + 1));
  assert(answers.every((answer, number) => number % 3 !== 0 || answer === 0));
  await connection.close();
});

Deno.test("connection: nothing gets into a request that streams", async () => {
  await using server = new EvilServer();
  const connection = await open(server);
  const content = sampleBytes(10_000);
  const frame = encodeSecureRequest(message(1, content));
  const gate = Promise.withResolvers<void>();
  const streamed = async function* () {
    yield frame.slice(0, 5_000);
    await gate.promise;
    yield frame.slice(5_000);
  };
  const first = connection.stream(streamed());
  const others = [
    connection.request(list),
    connection.stream(ReadableStream.from([encodeSecureRequest(message(2))])),
    connection.request(message(3)),
  ];
  gate.resolve();
  assertEquals((await first).messageId, 1);
  await Promise.all(others);
  assertEquals(server.mailbox(own)[0].content, content);
  assertEquals(server.mailbox(own).length, 3);
  await connection.close();
});

Deno.test("connection: a stream that fails half-way ends it, and says why", async () => {
  await using server = new EvilServer();
  const connection = await open(server);
  await connection.request(list);
  const cause = new ClientError("file", "the file has changed");
  const failing = async function* () {
    yield encodeSecureRequest(message(1)).slice(0, 30);
    await Promise.resolve();
    throw cause;
  };
  const error = await assertRejects(() => connection.stream(failing()), ClientError);
  assertEquals(error, cause);
  assert(!connection.usable);
  assertEquals(server.mailbox(own), []);
  await refused(connection);
});

Deno.test("connection: a server that goes silent is given up, with all that waits", async () => {
  await withDeadline(100, async (deadline) => {
    await using server = new EvilServer();
    const connection = await open(server, deadline);
    const forever = Promise.withResolvers<void>();
    server.lie = ({ kind }) => kind === "list-clients" ? () => forever.promise : undefined;
    const errors = await Promise.all([refused(connection), refused(connection)]);
    for (const { code, message } of errors) {
      assertEquals(code, "unreachable");
      assert(message.endsWith("does not answer"), message);
    }
    assert(!connection.usable);
    await connection.finished;
    forever.resolve();
  });
});

Deno.test("connection: a slow upload is no silence", async () => {
  const frame = encodeSecureRequest(message(1, sampleBytes(1_000)));
  await withDeadline(500, async (deadline) => {
    await using server = new EvilServer();
    const connection = await open(server, deadline);
    const slowly = async function* () {
      const pieces = 20; // in two deadlines
      for (let at = 0; at < pieces; at++) {
        yield frame.slice(at, at + 1);
        await new Promise((resolve) => setTimeout(resolve, 2 * deadline / pieces));
      }
      yield frame.slice(pieces);
    };
    assertEquals((await connection.stream(slowly())).messageId, 1);
    await connection.close();
  });
});

Deno.test("connection: closing it ends what waits, and later requests fail at once", async () => {
  await using server = new EvilServer();
  const connection = await open(server);
  const forever = Promise.withResolvers<void>();
  server.lie = ({ kind }) => kind === "list-clients" ? () => forever.promise : undefined;
  const waiting = Array.from({ length: 10 }, () => refused(connection));
  await until(
    "the requests are there",
    () => server.requests.some(({ kind }) => kind === list.kind),
  );
  await connection.close();
  for (const { code } of await Promise.all(waiting)) assertEquals(code, "unreachable");
  assertEquals((await refused(connection)).code, "unreachable");
  connection.ping(); // nobody hears, and nothing rejects unheard
  forever.resolve();
});

Deno.test("connection: a break in the middle of writes rejects each request once", async () => {
  await using server = new EvilServer();
  server.lie = ({ kind }) => kind === "send" ? (link) => link.cut() : undefined;
  const connection = await open(server);
  const large = sampleBytes(1024 * 1024);
  const asked = Array.from(
    { length: 8 },
    (_, number) =>
      connection.request(message(number, large))
        .then(() => "none", (error) => error instanceof ClientError ? error.code : "another"),
  );
  assertEquals(await Promise.all(asked), Array(8).fill("unreachable"));
  connection.ping();
  const error = await assertRejects(() => connection.ended, ClientError);
  assertEquals(error.code, "unreachable");
});

Deno.test("connection: the server's key is seen before anything is said", async () => {
  await using server = new EvilServer();
  const address = parseAddress(server.address, "the test");
  const seen: Uint8Array[] = [];
  const error = new ClientError("wrong-server", "not this one");
  const check = (key: Uint8Array) => {
    seen.push(key);
    throw error;
  };
  const thrown = await assertRejects(
    () => SecureConnection.open(address, credentials, check),
    ClientError,
  );
  assertEquals(thrown, error);
  assertEquals(concat(...seen), concat(server.key.publicKey));
  assertEquals(server.requests, []);
});

Deno.test("connection: with a server of another version, the user hears what to do", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = { hostname: "127.0.0.1", port: listener.addr.port };
  const answering = (async () => {
    using conn = await listener.accept();
    await conn.read(new Uint8Array(100));
    // As version 0.3 answers: another cipher makes other bytes of the same number.
    const header = encodeResponseHeader({ version: 3, code: 1110, size: 96 });
    await conn.write(
      concat(header, new X25519KeyPair(generateX25519Secret()).publicKey, sampleBytes(64)),
    );
    await conn.read(new Uint8Array(100));
  })();
  const opening = SecureConnection.open(address, credentials, () => {});
  const { code, message } = await assertRejects(() => opening, ClientError);
  assertEquals(code, "bad-response");
  assert(message.includes("does not speak this protocol"), message);
  assert(message.includes("server and clients are updated together"), message);
  await answering;
});

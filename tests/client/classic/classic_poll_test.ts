import { ClientError } from "../../../client/errors.ts";
import { ClassicTransport } from "../../../client/classic/classic_transport.ts";
import { type IncomingContent, type Receiver } from "../../../client/network/transport.ts";
import { type Bytes, concat, utf8 } from "../../../shared/bytes.ts";
import type { ResponseBody } from "../../../shared/protocol/classic/responses.ts";
import { encodeResponseHeader, REQUEST_HEADER_SIZE } from "../../../shared/protocol/frame.ts";
import type { MessageHead } from "../../../shared/protocol/message.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { cut, sampleBytes } from "../../support/pieces.ts";
import {
  FakeServer,
  responseBytes,
  type Script,
  type ScriptedConn,
} from "../../support/client/fake_server.ts";
import { idOf } from "../../support/profile/database.ts";

const ME = idOf(1);
const OWN_KEY: ResponseBody = { kind: "public-key", clientId: ME, publicKey: sampleBytes(160) };
const CONTENTS = [utf8("one"), new Uint8Array(0), sampleBytes(100_000)];
const DELIVERY = responseBytes({
  kind: "messages",
  messages: CONTENTS.map((content, i) => ({ from: idOf(2), messageId: i + 7, type: 3, content })),
});

/** Takes everything, and notes what happened in what order. */
class Recorder implements Receiver {
  readonly heads: MessageHead[] = [];
  readonly contents: Bytes[] = [];
  flushed = 0;
  /** Runs before a message is taken. */
  beforeStore: () => void = () => {};
  beforeFlush: () => Promise<void> = () => Promise.resolve();

  async store(head: MessageHead, content: IncomingContent): Promise<boolean> {
    this.beforeStore();
    const parts: Uint8Array[] = [];
    const buffer = new Uint8Array(10_000);
    for (let count; (count = await content.read(buffer)) > 0;) parts.push(buffer.slice(0, count));
    this.heads.push(head);
    this.contents.push(concat(...parts));
    return true;
  }

  async flush(): Promise<void> {
    await this.beforeFlush();
    this.flushed = this.contents.length;
  }
}

/** How many messages a poll brings. Acknowledging them costs the server no request of its own. */
async function countOf(server: FakeServer, receiver: Receiver): Promise<number> {
  const { count, acknowledge } = await new ClassicTransport(server.address, ME).poll(receiver);
  const before = server.requests.length;
  await acknowledge();
  assertEquals(server.requests.length, before);
  return count;
}

/** Delivers, and then sees what comes. */
async function delivering(conn: ScriptedConn, ...pieces: Bytes[]): Promise<Bytes> {
  await conn.request();
  for (const piece of pieces) await conn.write(piece);
  return await conn.read(10_000);
}

Deno.test("poll: an empty mailbox is one request", async () => {
  const rest = Promise.withResolvers<Bytes>();
  await using server = new FakeServer(async (conn) => {
    rest.resolve(await delivering(conn, responseBytes({ kind: "messages", messages: [] })));
  });
  assertEquals(await countOf(server, new Recorder()), 0);
  assertEquals((await rest.promise).length, 0);
});

Deno.test("poll: returns every message, in pieces of any size", async () => {
  for (
    const sizes of [[DELIVERY.length], [1, 6, 24, 1, 2000], [7, 50_000], [DELIVERY.length - 1]]
  ) {
    await using server = new FakeServer(async (conn) => {
      await conn.request();
      for (const piece of cut(DELIVERY, sizes)) await conn.write(piece);
      if (await conn.request()) await conn.respond(OWN_KEY);
      await conn.request();
    });
    const receiver = new Recorder();
    assertEquals(await countOf(server, receiver), CONTENTS.length);
    assertEquals(receiver.contents, CONTENTS);
    assertEquals(receiver.heads.map(({ messageId }) => messageId), [7, 8, 9]);
    assertEquals(receiver.flushed, CONTENTS.length);
    assertEquals(server.requests.map(({ kind }) => kind), ["get-messages", "public-key"]);
  }
});

Deno.test("poll: ends inside a request until all is on the disk", async () => {
  const last = Promise.withResolvers<Bytes>();
  const flushing = Promise.withResolvers<void>();
  const script: Script = async (conn) => {
    await conn.request();
    await conn.write(DELIVERY.slice(0, -1));
    await conn.write(DELIVERY.slice(-1));
    // One byte of a request comes before the flush; the others come behind it.
    const first = await conn.read(1);
    last.resolve(first);
    await flushing.promise;
    const rest = await conn.read(REQUEST_HEADER_SIZE - 1 + 16);
    assertEquals(concat(first, rest).slice(0, 18), concat(ME, new Uint8Array([2, 102])));
    await conn.respond(OWN_KEY);
    assertEquals((await conn.read(1)).length, 0);
  };
  await using server = new FakeServer(script);
  const receiver = new Recorder();
  receiver.beforeFlush = async () => {
    assertEquals((await last.promise).length, 1);
    flushing.resolve();
  };
  assertEquals(await countOf(server, receiver), CONTENTS.length);
});

Deno.test("poll: the last byte is left with the system until the server was warned", async () => {
  // Without the last byte nothing is warned of, and nothing is read beyond it.
  const script: Script = async (conn) => {
    await conn.request();
    await conn.write(DELIVERY.slice(0, -1));
    const warned = await conn.read(1);
    await conn.write(DELIVERY.slice(-1));
    assertEquals(warned, ME.slice(0, 1));
    if (await conn.read(REQUEST_HEADER_SIZE - 1 + 16)) await conn.respond(OWN_KEY);
  };
  await using server = new FakeServer(script);
  assertEquals(await countOf(server, new Recorder()), CONTENTS.length);
});

Deno.test("poll: when storing fails, the server sees half a request and keeps all", async () => {
  for (const failing of ["store", "flush"]) {
    const ended = Promise.withResolvers<{ rest: Bytes; reset: boolean }>();
    await using server = new FakeServer(async (conn) => {
      ended.resolve({ rest: await delivering(conn, DELIVERY), reset: conn.reset });
    });
    const receiver = new Recorder();
    const failure = new Error("the disk is full");
    if (failing === "store") {
      receiver.beforeStore = () => {
        if (receiver.contents.length === 2) throw failure;
      };
    } else receiver.beforeFlush = () => Promise.reject(failure);
    const poll = () => new ClassicTransport(server.address, ME).poll(receiver);
    assertEquals(await assertRejects(poll, Error), failure);
    const { rest, reset } = await ended.promise;
    const inside = rest.length > 0 && rest.length < REQUEST_HEADER_SIZE;
    assert(reset || inside, `${failing}: ${rest.length} bytes, and a clean end`);
    assertEquals(receiver.flushed, failing === "store" ? 2 : 0);
  }
});

Deno.test("poll: a server of one request a connection has delivered all the same", async () => {
  for (const wait of [0, 20]) {
    await using server = new FakeServer(async (conn) => {
      await conn.request();
      await conn.write(DELIVERY); // and closes, as the original server does
    });
    const receiver = new Recorder();
    receiver.beforeFlush = () => new Promise((resolve) => setTimeout(resolve, wait));
    assertEquals(await countOf(server, receiver), CONTENTS.length);
    assertEquals(receiver.flushed, CONTENTS.length);
  }
});

Deno.test("poll: a delivery that is broken off, or makes no sense", async () => {
  const header = (size: number) => encodeResponseHeader({ version: 2, code: 1004, size });
  const unknownType = DELIVERY.slice();
  unknownType[7 + 16 + 4] = 77;
  const cases: [bytes: Bytes, code: string, kept: number][] = [
    [DELIVERY.slice(0, -1), "unreachable", 2],
    [DELIVERY.slice(0, 7 + 20), "unreachable", 0],
    [concat(header(24), sampleBytes(24)), "bad-response", 0],
    [concat(header(1), sampleBytes(1)), "bad-response", 0],
    [concat(header(0xffff_ffff), sampleBytes(30_000)), "bad-response", 0],
    [concat(header(30), DELIVERY.slice(7, 37), sampleBytes(99)), "bad-response", 1],
    [unknownType, "bad-response", 0],
  ];
  for (const [bytes, code, kept] of cases) {
    await using server = new FakeServer(async (conn) => {
      await conn.request();
      await conn.write(bytes);
      if (code !== "unreachable") await conn.read(10_000);
    });
    const receiver = new Recorder();
    const poll = () => new ClassicTransport(server.address, ME).poll(receiver);
    assertEquals((await assertRejects(poll, ClientError)).code as string, code);
    assertEquals(receiver.flushed, kept);
  }
});

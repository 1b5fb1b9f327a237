import { ClientError, type ClientErrorCode } from "../../../client/errors.ts";
import { ClassicTransport } from "../../../client/classic/classic_transport.ts";
import { type Transport } from "../../../client/network/transport.ts";
import { type Bytes, concat } from "../../../shared/bytes.ts";
import { MiB } from "../../../shared/limits.ts";
import type { ResponseBody } from "../../../shared/protocol/classic/responses.ts";
import { encodeResponseHeader } from "../../../shared/protocol/frame.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { cut, sampleBytes } from "../../support/pieces.ts";
import { withDeadline } from "../../support/until.ts";
import { FakeServer, responseBytes, type Script } from "../../support/client/fake_server.ts";
import { idOf } from "../../support/profile/database.ts";

const ME = idOf(1);
const GET_KEY = { kind: "public-key", target: idOf(2) } as const;
const KEY: ResponseBody = { kind: "public-key", clientId: idOf(2), publicKey: sampleBytes(160) };
/** For tests in which nothing comes. */
const IMPATIENT = { deadline: 1000 };

/** Answers the first request with `bytes`, in pieces. */
function answering(...pieces: Bytes[]): Script {
  return async (conn) => {
    await conn.request();
    for (const piece of pieces) {
      await conn.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  };
}

/** `operation` against a server that acts by `script` fails with this code. */
async function fails(
  script: Script,
  code: ClientErrorCode,
  messageIncludes: string,
  operation: (transport: Transport) => Promise<unknown> = (transport) =>
    transport.publicKey(idOf(2)),
  options?: { deadline: number },
): Promise<void> {
  await using server = new FakeServer(script);
  const transport = new ClassicTransport(server.address, ME, options);
  const error = await assertRejects(() => operation(transport), ClientError, messageIncludes);
  assertEquals(error.code, code, error.message);
}

Deno.test("transport: sends the request, returns the response, in pieces of any size", async () => {
  const response = responseBytes(KEY);
  for (const size of [1, 2, 7, 8, 100, response.length]) {
    await using server = new FakeServer(answering(...cut(response, [size])));
    const reply = await new ClassicTransport(server.address, ME).publicKey(idOf(2));
    assertEquals(reply, KEY as typeof reply);
    assertEquals(server.requests, [{ clientId: ME, version: 2, ...GET_KEY }]);
  }
});

Deno.test("transport: a slow server has the whole deadline for each step", async () => {
  const pieces = cut(responseBytes(KEY), [50]);
  await withDeadline(500, async (deadline) => {
    await using server = new FakeServer(async (conn) => {
      await conn.request();
      for (const piece of pieces) {
        await new Promise((resolve) => setTimeout(resolve, deadline / 3));
        await conn.write(piece);
      }
    });
    const transport = new ClassicTransport(server.address, ME, { deadline });
    assertEquals((await transport.publicKey(idOf(2))).clientId, idOf(2));
  });
});

Deno.test("transport: a failure is a refusal, whatever follows it", async () => {
  await fails(answering(responseBytes({ kind: "failure" })), "refused", "refused");
  await fails(
    answering(encodeResponseHeader({ version: 2, code: 9000, size: 4e9 }), sampleBytes(9999)),
    "refused",
    "refused",
  );
});

Deno.test("transport: nobody there", async () => {
  const server = new FakeServer(() => Promise.resolve());
  await server[Symbol.asyncDispose]();
  const transport = new ClassicTransport(server.address, ME);
  const error = await assertRejects(
    () => Array.fromAsync(transport.list("")),
    ClientError,
    server.hostPort,
  );
  assertEquals(error.code, "unreachable");
});

Deno.test("transport: a server that closes early", async () => {
  const response = responseBytes(KEY);
  for (const size of [0, 1, 6, 7, 8, response.length - 1]) {
    await fails(answering(response.slice(0, size)), "unreachable", "broke");
  }
  await fails(() => Promise.resolve(), "unreachable", "broke");
});

Deno.test("transport: a server that says nothing, or stops in the middle", async () => {
  const giveUp = async (size: number) => {
    const script: Script = async (conn) => {
      await conn.request();
      await conn.write(responseBytes(KEY).slice(0, size));
      await conn.read(1); // until the client gives up
    };
    await fails(script, "unreachable", "does not answer", undefined, IMPATIENT);
  };
  await Promise.all([0, 3, 7, 100].map(giveUp));
});

Deno.test("transport: a server that does not read", async () => {
  const stop = Promise.withResolvers<void>();
  const chunk = new Uint8Array(64 * 1024);
  let read = 0;
  const content = new ReadableStream<Uint8Array>({
    pull(controller) {
      read += chunk.length;
      controller.enqueue(chunk);
    },
  });
  const message = { to: idOf(2), type: 4, size: 1024 * MiB, content } as const;
  await fails(() => stop.promise, "unreachable", "does not answer", async (transport) => {
    try {
      await transport.sendStream(message);
    } finally {
      stop.resolve();
    }
  }, IMPATIENT);
  assert(read < 64 * MiB, `${read} bytes were taken for a server that does not read`);
});

Deno.test("transport: bytes that are no response", async () => {
  for (const bytes of [sampleBytes(5000), new Uint8Array(5000), new Uint8Array(7).fill(255)]) {
    await fails(answering(bytes), "bad-response", "does not speak this protocol");
  }
  const http = new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n");
  await fails(answering(http), "bad-response", "does not speak this protocol");
});

Deno.test("transport: a response to another request", async () => {
  await fails(
    answering(responseBytes({ kind: "registered", clientId: ME })),
    "bad-response",
    "1000",
  );
  await fails(answering(responseBytes({ kind: "messages", messages: [] })), "bad-response", "1004");
});

Deno.test("transport: claimed sizes are checked before anything is waited for", async () => {
  const claim = (code: number, size: number) =>
    answering(encodeResponseHeader({ version: 2, code, size }));
  for (const size of [0, 175, 177, 64 * MiB, 0xffff_ffff]) {
    await fails(claim(1002, size), "bad-response", `${size} bytes`);
  }
  const list = (transport: Transport) => Array.fromAsync(transport.list(""));
  await fails(claim(1001, 64 * MiB + 1), "bad-response", "bytes", list);
  await fails(claim(1001, 0xffff_ffff), "bad-response", "bytes", list);
});

Deno.test("transport: a list with a broken entry, or half of one", async () => {
  const list = (transport: Transport) => Array.fromAsync(transport.list(""));
  const entry = concat(idOf(5), sampleBytes(255));
  const half = responseBytes({ kind: "client-list", clients: [{ id: idOf(5), name: "alice" }] });
  half[3] -= 1; // the size, one byte short
  for (
    const bytes of [
      concat(encodeResponseHeader({ version: 2, code: 1001, size: 271 }), entry),
      half,
    ]
  ) {
    await fails(answering(bytes), "bad-response", "does not speak this protocol", list);
  }
});

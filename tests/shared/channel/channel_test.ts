import { concat } from "../../../shared/bytes.ts";
import { Channel } from "../../../shared/channel/channel.ts";
import { CipherState, MAX_MESSAGES } from "../../../shared/channel/cipher_state.ts";
import type { HandshakeResult } from "../../../shared/channel/handshake.ts";
import { CryptoError, ProtocolError } from "../../../shared/errors.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { settled } from "../../support/pieces.ts";
import {
  channels,
  handshake,
  noSink,
  Pipe,
  readOut,
  Recorder,
  sample,
  silentSource,
  source,
} from "../../support/channel/channel_fixture.ts";

Deno.test("both directions carry bytes at once, and end separately", async () => {
  const [client, server] = channels();
  assertEquals(client.handshakeHash, server.handshakeHash);
  const [up, down] = [sample(1_000_000), sample(700_001).reverse()];
  const fromClient = readOut(server, 30_000);
  const fromServer = readOut(client, 100_000);
  await client.write(up);
  await client.end();
  const { content, failure } = await fromClient;
  assertEquals([content.length, failure], [up.length, null]);
  assert(content.every((byte, i) => byte === up[i]));
  await server.write(down); // the other direction goes on
  await server.end();
  assertEquals((await fromServer).content.length, down.length);
  for (const channel of [client, server]) {
    assertEquals(await channel.read(new Uint8Array(1)), null);
    await channel.end();
    await assertRejects(() => channel.write(sample(1)), TypeError);
  }
});

Deno.test("questions and answers of every size", async () => {
  const [client, server] = channels();
  const echo = (async () => {
    const buffer = new Uint8Array(3_000);
    for (;;) {
      const count = await server.read(buffer);
      if (count === null) return await server.end();
      await server.write(buffer.subarray(0, count));
    }
  })();
  const buffer = new Uint8Array(20_000);
  for (const size of [1, 2, 17, 300, 4_095, 4_096, 4_097, 20_000]) {
    const question = sample(size);
    const written = client.write(question);
    let have = 0;
    while (have < size) have += await client.read(buffer.subarray(have)) ?? 0;
    await written;
    assertEquals(buffer.subarray(0, have), question);
  }
  await client.end();
  assertEquals(await client.read(buffer), null);
  await echo;
});

Deno.test("the directions have keys of their own: nothing can be sent back", async () => {
  const [client] = handshake();
  const sink = new Recorder();
  const writing = new Channel(client, silentSource, sink);
  await writing.write(sample(10));
  const reflected = new Channel({ ...client }, source(sink.bytes), noSink);
  const { content, failure } = await readOut(reflected, 100);
  assertEquals(content.length, 0);
  assert(failure instanceof CryptoError && failure.code === "decrypt-failed");
});

Deno.test("records of another conversation are refused", async () => {
  const sink = new Recorder();
  const recorded = new Channel(handshake()[0], silentSource, sink);
  await recorded.write(sample(10));
  await recorded.end();
  const replayed = new Channel(handshake()[1], source(sink.bytes), noSink);
  const { content, failure } = await readOut(replayed, 100);
  assertEquals(content.length, 0);
  assert(failure instanceof CryptoError);
});

Deno.test("bytes that came with the handshake are the first to be read", async () => {
  for (const size of [3, 3_000, 200_000]) {
    for (const share of [0, 0.01, 0.5, 0.99, 1]) {
      const [client, server] = handshake();
      const sink = new Recorder();
      const sender = new Channel(client, silentSource, sink);
      await sender.write(sample(size));
      await sender.end();
      const early = Math.round(sink.bytes.length * share);
      const rest = source(sink.bytes.subarray(early), 1_000);
      const receiver = new Channel(server, rest, noSink, sink.bytes.subarray(0, early));
      const { content, failure } = await readOut(receiver, 4_096);
      assertEquals([content.length, failure], [size, null]);
    }
  }
});

/** A channel whose sink never takes anything, and the way to feed its source. */
function stuckChannel(counter?: number) {
  const [client, server] = handshake();
  const incoming = new Pipe();
  const reverse = new Channel(client, silentSource, incoming);
  const result: HandshakeResult = counter === undefined
    ? server
    : { ...server, send: new CipherState(new Uint8Array(32), counter) };
  const stuck = new Channel(result, incoming, { write: () => new Promise(() => {}) });
  return { stuck, incoming, reverse };
}

Deno.test("what breaks the records breaks both directions, at once and for good", async () => {
  const record = (size: number) => concat(new Uint8Array([size >> 8, size]), new Uint8Array(size));
  const attacks: [string, Uint8Array | null][] = [
    ["decrypt-failed", record(16)],
    ["decrypt-failed", record(100)],
    ["decrypt-failed", record(30_000)],
    ["malformed", record(15)],
    ["truncated", null],
  ];
  for (const [code, bytes] of attacks) {
    for (const genuine of [0, 40]) {
      const { stuck, incoming, reverse } = stuckChannel();
      const writes = [stuck.write(sample(10)), stuck.write(sample(300_000)), stuck.end()];
      const failures = Promise.all(writes.map((write) => assertRejects(() => write, Error)));
      if (genuine > 0) {
        reverse.write(sample(genuine));
        assertEquals(await stuck.read(new Uint8Array(100)), genuine);
      }
      const reading = stuck.read(new Uint8Array(100));
      if (bytes === null) incoming.end();
      else incoming.write(bytes).catch(() => {});
      const error = await assertRejects(() => reading, Error);
      assert(error instanceof ProtocolError || error instanceof CryptoError);
      assertEquals(error.code, code);
      const later = [
        () => stuck.read(new Uint8Array(1)),
        () => stuck.write(sample(1)),
        () => stuck.end(),
      ];
      for (const call of [...later, ...later]) assert(error === await assertRejects(call, Error));
      for (const failure of await failures) assert(failure === error);
    }
  }
});

Deno.test("a source that fails breaks both directions", async () => {
  const reset = new Error("connection reset");
  const channel = new Channel(
    handshake()[0],
    { read: () => Promise.reject(reset) },
    new Recorder(),
  );
  await channel.write(sample(1));
  assert(reset === await assertRejects(() => channel.read(new Uint8Array(1)), Error));
  assert(reset === await assertRejects(() => channel.write(sample(1)), Error));
});

Deno.test("after a failed sink the other side's last words can be read", async () => {
  const [client, server] = handshake();
  const pipe = new Pipe();
  const sender = new Channel(server, silentSource, pipe);
  const broken = new Error("broken pipe");
  const receiver = new Channel(client, pipe, { write: () => Promise.reject(broken) });
  assert(broken === await assertRejects(() => receiver.write(sample(9)), Error));
  const writing = sender.write(sample(50)).then(() => sender.end());
  assertEquals(await readOut(receiver, 100), { content: sample(50), failure: null });
  assert(broken === await assertRejects(() => receiver.end(), Error));
  await writing;
});

Deno.test("an exhausted counter breaks both directions", async () => {
  const { stuck } = stuckChannel(MAX_MESSAGES);
  const reading = stuck.read(new Uint8Array(1));
  const error = await assertRejects(() => stuck.write(sample(1)), CryptoError);
  assertEquals(error.code, "exhausted");
  assert(error === await assertRejects(() => reading, CryptoError));
  assert(error === await assertRejects(() => stuck.read(new Uint8Array(1)), CryptoError));
});

Deno.test("abort rejects what waits and all that follows", async () => {
  const { stuck, reverse } = stuckChannel();
  const reason = new Error("deadline");
  const waiting = [stuck.write(sample(3)), stuck.write(sample(3)), stuck.read(new Uint8Array(3))];
  stuck.abort(reason);
  stuck.abort(new Error("another"));
  for (const call of waiting) assert(reason === await assertRejects(() => call, Error));
  reverse.write(sample(3)).catch(() => {});
  assert(reason === await assertRejects(() => stuck.read(new Uint8Array(1)), Error));
  assert(reason === await assertRejects(() => stuck.write(sample(1)), Error));
  assert(reason === await assertRejects(() => stuck.end(), Error));
});

Deno.test("a reader that stops stops the writer", async () => {
  const [client, server] = channels();
  let written = 0;
  const writing = (async () => {
    for (; written < 200; written++) await client.write(sample(65_519));
    await client.end();
  })();
  await server.read(new Uint8Array(1));
  let before = -1;
  while (before !== written) { // until both have come to rest
    before = written;
    for (let i = 0; i < 20; i++) await settled();
  }
  assert(written <= 3, `${written} records written ahead of the reader`);
  const { content, failure } = await readOut(server, 65_519);
  assertEquals([content.length, failure], [200 * 65_519 - 1, null]);
  await writing;
});

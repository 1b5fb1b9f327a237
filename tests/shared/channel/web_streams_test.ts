import {
  readableFrom,
  sinkFrom,
  sourceFrom,
  writableTo,
} from "../../../shared/channel/web_streams.ts";
import { openChannel } from "../../../shared/channel/channel.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { settled } from "../../support/pieces.ts";
import {
  channels,
  cipherTest,
  handshake,
  readOut,
  Recorder,
  sample,
  silentSource,
  source,
} from "../../support/channel/channel_fixture.ts";

cipherTest("a source from a stream yields its pieces in any size", async () => {
  for (const bufferSize of [1, 3, 100]) {
    const pieces = [sample(5), new Uint8Array(0), sample(40)];
    const { content, failure } = await readOut(sourceFrom(ReadableStream.from(pieces)), bufferSize);
    assertEquals([content.length, failure], [45, null]);
    assertEquals(content.subarray(5), sample(40));
  }
});

cipherTest("a source from a failing stream fails", async () => {
  const broken = new Error("broken");
  const stream = new ReadableStream<Uint8Array>({ pull: () => Promise.reject(broken) });
  const from = sourceFrom(stream);
  for (let i = 0; i < 2; i++) {
    assert(broken === await assertRejects(() => from.read(new Uint8Array(1)), Error));
  }
});

cipherTest("a write to a stream is done when the stream is done with it", async () => {
  const held: PromiseWithResolvers<void>[] = [];
  const seen: Uint8Array[] = [];
  const sink = sinkFrom(
    new WritableStream({
      write(bytes) {
        seen.push(bytes);
        held.push(Promise.withResolvers());
        return held[held.length - 1].promise;
      },
    }),
  );
  let done = false;
  const bytes = sample(9);
  const write = sink.write(bytes).then(() => done = true);
  while (held.length === 0) await settled();
  await settled();
  assertEquals(done, false);
  held[0].resolve();
  await write;
  bytes.fill(0); // the caller's again, though the stream may have kept what it got
  assertEquals(seen, [sample(9)]);
});

cipherTest("a failing stream fails its writes, and nothing else", async () => {
  const broken = new Error("broken");
  const sink = sinkFrom(new WritableStream({ write: () => Promise.reject(broken) }));
  for (let i = 0; i < 2; i++) {
    assert(broken === await assertRejects(() => sink.write(sample(1)), Error));
  }
  await settled();
});

cipherTest("a stream from a source reads when it is asked, and ends with it", async () => {
  let reads = 0;
  const inner = source(sample(100_000), 30_000);
  const stream = readableFrom({ read: (into) => (reads++, inner.read(into)) });
  await settled();
  assertEquals(reads, 0);
  const reader = stream.getReader({ mode: "byob" });
  const { value } = await reader.read(new Uint8Array(70));
  assertEquals([reads, value?.length], [1, 70]);
  reader.releaseLock();
  let left = 100_000 - 70;
  for await (const piece of stream) left -= piece.length;
  assertEquals(left, 0);
});

cipherTest(
  "a stream from a source that fails fails, and one that is cancelled says so",
  async () => {
    const broken = new Error("broken");
    const failing = readableFrom({ read: () => Promise.reject(broken) }).getReader();
    assert(broken === await assertRejects(() => failing.read(), Error));
    const reasons: unknown[] = [];
    const cancelled = readableFrom(silentSource, (reason) => void reasons.push(reason)).getReader();
    const reading = cancelled.read();
    await cancelled.cancel("no more");
    assertEquals([reasons, (await reading).done], [["no more"], true]);
  },
);

cipherTest("a channel as a pair of streams", async () => {
  const [client, server] = channels();
  const data = sample(500_000);
  const writing = ReadableStream.from([data, sample(3)])
    .pipeTo(writableTo(client, { close: () => client.end() }));
  const back = readableFrom(server).pipeTo(writableTo(server, { close: () => server.end() }));
  const { content, failure } = await readOut(client, 70_000);
  assertEquals([content.length, failure], [500_003, null]);
  await Promise.all([writing, back]);
});

cipherTest("aborting the stream aborts the channel", async () => {
  const channel = openChannel(handshake()[0], silentSource, new Recorder());
  const reading = channel.read(new Uint8Array(1));
  const reason = new Error("stop");
  const stream = writableTo(channel, { abort: (reason) => channel.abort(reason) });
  await stream.abort(reason);
  assert(reason === await assertRejects(() => reading, Error));
});

cipherTest("a channel over streams", async () => {
  const [client, server] = handshake();
  const [up, down] = [new TransformStream<Uint8Array>(), new TransformStream<Uint8Array>()];
  const a = openChannel(client, sourceFrom(down.readable), sinkFrom(up.writable));
  const b = openChannel(server, sourceFrom(up.readable), sinkFrom(down.writable));
  const reading = readOut(b, 5_000);
  for (const size of [10, 10_000, 200_000]) await a.write(sample(size));
  await a.end();
  const { content, failure } = await reading;
  assertEquals([content.length, failure], [210_010, null]);
  await Promise.all([b.end(), readOut(a, 10)]);
});

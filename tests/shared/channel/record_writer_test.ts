import { concat, toHex } from "../../../shared/bytes.ts";
import { type CipherState, MAX_MESSAGES } from "../../../shared/channel/cipher_state.ts";
import { MAX_RECORD_CONTENT } from "../../../shared/channel/record.ts";
import { RecordWriter } from "../../../shared/channel/record_writer.ts";
import { CryptoError } from "../../../shared/errors.ts";
import type { ByteSink } from "../../../shared/io.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { settled } from "../../support/pieces.ts";
import {
  cipherPair,
  readOut,
  Recorder,
  recordReader,
  sample,
  source,
  turnsDuring,
} from "../../support/channel/channel_fixture.ts";

function recordWriter(sink: ByteSink, cipher: CipherState = cipherPair()[0]): RecordWriter {
  return new RecordWriter(sink, cipher, () => {});
}

/** A sink whose writes are done when the test says so. */
class HeldSink extends Recorder {
  readonly #held: PromiseWithResolvers<void>[] = [];

  override write(bytes: Uint8Array): Promise<void> {
    super.write(bytes);
    const held = Promise.withResolvers<void>();
    this.#held.push(held);
    return held.promise;
  }

  release(): void {
    this.#held.shift()?.resolve();
  }

  break(reason: unknown): void {
    this.#held.shift()?.reject(reason);
  }
}

async function contentOf(sink: Recorder, bufferSize = 65_536): Promise<Uint8Array> {
  const { content, failure } = await readOut(recordReader(source(sink.bytes)), bufferSize);
  assertEquals(failure, null);
  return content;
}

Deno.test("writes of every size arrive as they were written", async () => {
  const around = (size: number) => [size - 1, size, size + 1];
  const sizes = [1, 2, 4_096, ...[1, 2, 4, 5].flatMap((n) => around(n * MAX_RECORD_CONTENT))];
  sizes.push(20 * MAX_RECORD_CONTENT + 3);
  for (const size of sizes) {
    const sink = new Recorder();
    const writer = recordWriter(sink);
    const bytes = sample(size);
    await writer.write(bytes);
    assertEquals(sink.recordCount, Math.ceil(size / MAX_RECORD_CONTENT));
    await writer.write(bytes.subarray(0, 9));
    await writer.end();
    const content = await contentOf(sink);
    const expected = concat(bytes, bytes.subarray(0, 9));
    assertEquals(content.length, expected.length);
    assert(expected.every((byte, i) => content[i] === byte));
  }
});

Deno.test(
  "writes side by side keep their order, share records, and waste no nonce",
  async () => {
    const sink = new HeldSink();
    const [cipher] = cipherPair();
    const writer = recordWriter(sink, cipher);
    const sizes = Array.from({ length: 400 }, (_, i) => i % 50 === 0 ? 100_000 + i : 1 + i % 90);
    const contents = sizes.map((size, i) => sample(size + i).subarray(i));
    const done: number[] = [];
    const writes = contents.map((bytes, i) => writer.write(bytes).then(() => done.push(i)));
    const end = writer.end();
    let ended = false;
    end.then(() => ended = true);
    while (!ended) {
      await settled();
      sink.release();
    }
    await Promise.all(writes);
    assertEquals(done, [...contents.keys()]);
    assertEquals(toHex(await contentOf(sink)), toHex(concat(...contents)));
    assertEquals(cipher.count, sink.recordCount);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    assert(sink.recordCount <= total / MAX_RECORD_CONTENT + 4, `${sink.recordCount} records`);
  },
);

Deno.test("a hundred thousand tiny writes side by side", async () => {
  const sink = new Recorder();
  const writer = recordWriter(sink);
  const bytes = sample(100_000);
  const writes = Array.from(bytes, (_, i) => writer.write(bytes.subarray(i, i + 1)));
  await Promise.all([...writes, writer.end()]);
  assertEquals(toHex(await contentOf(sink)), toHex(bytes));
  assertEquals(sink.recordCount, 4); // the first alone, then two, then the end
});

Deno.test("a write is done when the sink is done with its last byte", async () => {
  const sink = new HeldSink();
  const writer = recordWriter(sink);
  const done: string[] = [];
  const writes = [
    writer.write(sample(10)).then(() => done.push("a")),
    writer.write(sample(10)).then(() => done.push("b")),
    writer.write(sample(MAX_RECORD_CONTENT)).then(() => done.push("c")),
  ];
  for (const expected of [[], ["a"], ["a", "b"], ["a", "b", "c"]]) {
    while (sink.writes.length < Math.min(3, expected.length + 1)) await settled();
    await settled();
    assertEquals(done, expected);
    sink.release();
  }
  await Promise.all(writes);
});

Deno.test("a sink that does not take anything stops the writer", async () => {
  const sink = new HeldSink();
  const [cipher] = cipherPair();
  const writer = recordWriter(sink, cipher);
  writer.write(sample(100 * MAX_RECORD_CONTENT)).catch(() => {});
  for (const written of [1, 2, 3]) {
    while (sink.writes.length < written) await settled();
    for (let i = 0; i < 20; i++) await settled();
    assertEquals(sink.writes.length, written);
    assertEquals(cipher.count, sink.recordCount); // no record is sealed ahead
    assert(sink.recordCount <= 4 * written);
    sink.release();
  }
  writer.fail(new Error("enough"));
});

Deno.test("a sink that takes everything at once does not keep others waiting", async () => {
  const count = 40;
  const sink = new Recorder();
  const writer = recordWriter(sink);
  const large = await turnsDuring(() => writer.write(sample(count * MAX_RECORD_CONTENT)));
  assertEquals(sink.recordCount, count);
  assert(large >= count / 4 - 1, `${large} turns`);
  const small = await turnsDuring(async () => {
    for (let i = 0; i < 4 * count; i++) await writer.write(sample(MAX_RECORD_CONTENT / 4 | 0));
  });
  assert(small >= count / 4 - 1, `${small} turns`);
});

Deno.test("failing while others have their turn sends nothing more", async () => {
  const sink = new Recorder();
  const writer = recordWriter(sink);
  const write = writer.write(sample(8 * MAX_RECORD_CONTENT));
  while (sink.recordCount < 4) await Promise.resolve();
  writer.fail(new Error("given up"));
  await assertRejects(() => write, Error, "given up");
  await settled();
  assertEquals(sink.recordCount, 4);
});

Deno.test("the last part of a large write waits for company", async () => {
  const sink = new HeldSink();
  const writer = recordWriter(sink);
  const large = sample(8.5 * MAX_RECORD_CONTENT | 0);
  let left = 2;
  const writes = [writer.write(large).then(() => left--)];
  while (sink.recordCount < 3) {
    sink.release();
    await settled();
  }
  writes.push(writer.write(sample(10)).then(() => left--));
  while (left > 0) {
    sink.release();
    await settled();
  }
  await Promise.all(writes);
  assertEquals(sink.recordCount, 9);
});

Deno.test("an empty write sends nothing, and the end is sent once, last", async () => {
  const sink = new Recorder();
  const writer = recordWriter(sink);
  await writer.write(new Uint8Array(0));
  assertEquals(sink.writes.length, 0);
  const write = writer.write(sample(5));
  const end = writer.end();
  assert(writer.end() === end);
  await assertRejects(() => writer.write(sample(1)), TypeError);
  await assertRejects(() => writer.write(new Uint8Array(0)), TypeError);
  await Promise.all([write, end]);
  await writer.end();
  assertEquals(sink.writes.map(({ length }) => length), [23, 18]);
  assertEquals(await contentOf(sink), sample(5));
});

Deno.test("after the sink failed, everything that waits and follows fails alike", async () => {
  for (const size of [10, 10_000, 10 * MAX_RECORD_CONTENT]) {
    const sink = new HeldSink();
    const writer = recordWriter(sink);
    const broken = new Error("broken pipe");
    const writes = [writer.write(sample(size)), writer.write(sample(5)), writer.end()];
    const failures = Promise.all(writes.map((write) => assertRejects(() => write, Error)));
    while (sink.writes.length === 0) await settled();
    sink.break(broken);
    for (const failure of await failures) assert(failure === broken);
    assert(broken === await assertRejects(() => writer.write(sample(1)), Error));
    assert(broken === await assertRejects(() => writer.end(), Error));
    await settled();
    assertEquals(sink.writes.length, 1);
  }
});

Deno.test("a sink that throws instead of rejecting is a failed sink", async () => {
  const thrown = new Error("thrown");
  const writer = recordWriter({
    write: () => {
      throw thrown;
    },
  });
  assert(thrown === await assertRejects(() => writer.write(sample(3)), Error));
  assert(thrown === await assertRejects(() => writer.write(sample(3)), Error));
});

Deno.test(
  "failing from outside rejects writes that the sink holds, and sends nothing more",
  async () => {
    for (const size of [10, 10 * MAX_RECORD_CONTENT]) {
      const sink = new HeldSink();
      const [cipher] = cipherPair();
      const writer = recordWriter(sink, cipher);
      const writes = [writer.write(sample(size)), writer.write(sample(7))];
      while (sink.writes.length === 0) await settled();
      const used = cipher.count;
      const given = new Error("given up");
      writer.fail(given);
      writer.fail(new Error("another"));
      for (const write of writes) assert(given === await assertRejects(() => write, Error));
      sink.release();
      await settled();
      assert(given === await assertRejects(() => writer.write(sample(3)), Error));
      assertEquals([sink.writes.length, cipher.count], [1, used]);
    }
  },
);

Deno.test("a cipher that fails in another way fails the writes, and nothing else", async () => {
  const refused = new Error("out of memory");
  const [cipher] = cipherPair();
  cipher.encryptInto = () => {
    throw refused;
  };
  const sink = new Recorder();
  const broken: unknown[] = [];
  const writer = new RecordWriter(sink, cipher, (reason) => broken.push(reason));
  const writes = [writer.write(sample(5 * MAX_RECORD_CONTENT)), writer.write(sample(1))];
  for (const write of writes) assert(refused === await assertRejects(() => write, Error));
  assertEquals([sink.writes.length, broken.length], [0, 0]);
});

Deno.test("an exhausted counter stops the writer before a nonce could come again", async () => {
  for (const size of [10, 3 * MAX_RECORD_CONTENT]) {
    const sink = new Recorder();
    const broken: unknown[] = [];
    const [cipher] = cipherPair(MAX_MESSAGES - 2);
    const writer = new RecordWriter(sink, cipher, (reason) => broken.push(reason));
    if (size === 10) {
      await writer.write(sample(size));
      await writer.write(sample(size));
    }
    const writes = [writer.write(sample(size)), writer.write(sample(1)), writer.end()];
    for (const write of writes) {
      const error = await assertRejects(() => write, CryptoError);
      assertEquals([error.code, broken.length], ["exhausted", 1]);
      assert(error === broken[0]);
    }
    await assertRejects(() => writer.write(sample(1)), CryptoError);
    assert(sink.writes.length <= 2);
  }
});

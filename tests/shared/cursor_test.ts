import { Buffer } from "node:buffer";
import { toHex } from "../../shared/bytes.ts";
import { Reader, Writer } from "../../shared/cursor.ts";
import { ProtocolError } from "../../shared/errors.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";

function assertMalformed(fn: () => unknown): void {
  assertEquals(assertThrows(fn, ProtocolError).code, "malformed");
}

Deno.test("Writer: integers are little-endian", () => {
  const bytes = new Writer(7).u8(0x01).u16(0x0302).u32(0x07060504).done();
  assertEquals(toHex(bytes), "01020304050607");
});

Deno.test("Reader: reads what the Writer wrote, to both ends of every range", () => {
  const written = new Writer(16)
    .u8(0).u8(0xff).u16(0).u16(0xffff).u32(0).u32(0xffff_ffff)
    .bytes(new Uint8Array([9])).zeros(1).done();
  const reader = new Reader(written);
  assertEquals([reader.u8(), reader.u8()], [0, 0xff]);
  assertEquals([reader.u16(), reader.u16()], [0, 0xffff]);
  assertEquals([reader.u32(), reader.u32()], [0, 0xffff_ffff]);
  assertEquals(reader.left, 2);
  assertEquals(reader.rest(), new Uint8Array([9, 0]));
  assertEquals(reader.left, 0);
  assertEquals(reader.rest(), new Uint8Array(0));
  reader.end();
});

Deno.test("u64: little-endian, and exact up to 2^53 - 1", () => {
  assertEquals(toHex(new Writer(8).u64(0x01_0203_0405).done()), "0504030201000000");
  for (const value of [0, 1, 0xffff_ffff, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
    assertEquals(new Reader(new Writer(8).u64(value).done()).u64(), value);
  }
  for (const value of [-1, 0.5, 2 ** 53]) {
    assertThrows(() => new Writer(8).u64(value), RangeError);
  }
  for (const byte of [0x20, 0x80, 0xff]) {
    assertMalformed(() => new Reader(new Uint8Array([0, 0, 0, 0, 0, 0, byte, byte])).u64());
  }
  assertMalformed(() => new Reader(new Uint8Array(7)).u64());
});

Deno.test("Reader: reads a view from the view's own start", () => {
  const memory = new Uint8Array([9, 9, 1, 2, 0, 3, 0, 0, 0, 9]);
  const reader = new Reader(memory.subarray(2, 9));
  assertEquals([reader.u8(), reader.u16(), reader.u32()], [1, 2, 3]);
  reader.end();
});

Deno.test("Reader: one byte too few fails, and takes nothing", () => {
  const reads: [number, (reader: Reader) => unknown][] = [
    [1, (reader) => reader.u8()],
    [2, (reader) => reader.u16()],
    [4, (reader) => reader.u32()],
    [5, (reader) => reader.bytes(5)],
    [5, (reader) => reader.view(5)],
    [8, (reader) => reader.u64()],
  ];
  for (const [size, read] of reads) {
    const reader = new Reader(new Uint8Array(size - 1));
    assertMalformed(() => read(reader));
    assertEquals(reader.left, size - 1);
    read(new Reader(new Uint8Array(size)));
  }
});

Deno.test("Reader: never reads past a view into the memory behind it", () => {
  const view = new Uint8Array(8).subarray(0, 3);
  assertMalformed(() => new Reader(view).u32());
  assertMalformed(() => new Reader(view).bytes(4));
});

Deno.test("Reader: bytes left over are an error", () => {
  const reader = new Reader(new Uint8Array(2));
  assertMalformed(() => reader.end());
  reader.u8();
  assertMalformed(() => reader.end());
  reader.u8();
  reader.end();
});

Deno.test("Reader: bytes are copies, also of a Buffer; the rest is none", () => {
  for (const memory of [new Uint8Array([1, 2]), Buffer.from([1, 2])]) {
    const reader = new Reader(memory);
    const taken = reader.bytes(1);
    const rest = reader.rest();
    memory.fill(9);
    assertEquals([taken[0], rest[0]], [1, 9], memory.constructor.name);
  }
});

Deno.test("Writer: refuses what is no whole number of the field's range", () => {
  const writes: [number, (writer: Writer, value: number) => unknown][] = [
    [0xff, (writer, value) => writer.u8(value)],
    [0xffff, (writer, value) => writer.u16(value)],
    [0xffff_ffff, (writer, value) => writer.u32(value)],
  ];
  for (const [max, write] of writes) {
    for (const value of [-1, max + 1, 0.5, NaN, Infinity]) {
      assertThrows(() => write(new Writer(4), value), RangeError);
    }
    write(new Writer(4), max);
  }
});

Deno.test("Writer: refuses more and less than the declared size", () => {
  assertThrows(() => new Writer(3).u32(0), RangeError);
  assertThrows(() => new Writer(1).u8(0).u8(0), RangeError);
  assertThrows(() => new Writer(1).zeros(2), RangeError);
  assertThrows(() => new Writer(1).bytes(new Uint8Array(2)), RangeError);
  assertThrows(() => new Writer(2).u8(0).done(), RangeError);
  assertEquals(new Writer(0).done(), new Uint8Array(0));
});

Deno.test("Writer: refuses bytes of another size than stated", () => {
  assertThrows(() => new Writer(4).bytes(new Uint8Array(3), 4), RangeError);
  assertThrows(() => new Writer(4).bytes(new Uint8Array(4), 3), RangeError);
  assertEquals(toHex(new Writer(2).bytes(new Uint8Array([1, 2]), 2).done()), "0102");
});

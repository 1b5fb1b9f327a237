/** The vectors of contents and of their padding. */
import { type Bytes, concat, fromHex, toHex } from "../../../../shared/bytes.ts";
import { ByteSource } from "./basics.ts";
import { encodeCbor, type Value } from "./cbor.ts";
import { type Content, encodeContent, type MessageType, pad, paddedLength } from "./content.ts";
import { type Json, json } from "./vector_json.ts";

const source = () => new ByteSource("contents");

/** An encoded content of exactly `size` bytes, a text. */
function contentOfSize(size: number): Bytes {
  const id = source().bytes(16);
  for (let length = Math.max(0, size - 60); length <= size; length++) {
    const content = encodeContent({ id, at: 1_800_000_000_000, text: "t".repeat(length) });
    if (content.length === size) return content;
  }
  throw new Error(`no content has ${size} bytes`);
}

export function contentVectors(): Json {
  const random = source();
  const [id, key, blob] = [random.bytes(16), random.bytes(32), random.bytes(16)];
  const at = 1_800_000_000_000;
  const file = (name: string, size: number): Content => {
    return { id, at, file: { blob, key, name, size } };
  };
  const cases: [string, MessageType, Content][] = [
    ["start", 2, { id, at }],
    ["start at time 0", 2, { id, at: 0 }],
    ["text", 3, { id, at, text: "hello" }],
    ["empty text", 3, { id, at, text: "" }],
    ["text of several scripts", 3, { id, at, text: "Grüße, שלום, 你好, 👩‍👩‍👧\n\ttab\u0000zero" }],
    ["text with a byte order mark", 3, { id, at, text: "\ufeffmark" }],
    ["text of 23 bytes", 3, { id, at, text: "x".repeat(23) }],
    ["text of 24 bytes", 3, { id, at, text: "x".repeat(24) }],
    ["text of 255 bytes", 3, { id, at, text: "x".repeat(255) }],
    ["text of 256 bytes", 3, { id, at, text: "x".repeat(256) }],
    ["time in 1 byte", 3, { id, at: 23, text: "x" }],
    ["time in 2 bytes", 3, { id, at: 24, text: "x" }],
    ["time in 3 bytes", 3, { id, at: 256, text: "x" }],
    ["time in 5 bytes", 3, { id, at: 65_536, text: "x" }],
    ["time in 9 bytes", 3, { id, at: 2 ** 32, text: "x" }],
    ["file", 4, file("report.pdf", 123_456)],
    ["empty file", 4, file("empty", 0)],
    ["large file", 4, file("größe.iso", 5_000_000_000)],
    ["text that answers", 3, { id, at, text: "yes", reply: blob }],
    ["text that disappears", 3, { id, at, text: "soon", expires: 1 }],
    ["text that answers and disappears", 3, { id, at, text: "x", reply: id, expires: 31_536_000 }],
    ["file that disappears", 4, { ...file("a", 1), expires: 60 }],
    ["file with attributes", 4, {
      ...file("run", 1),
      attributes: { changed: 1_800_000_000_000, executable: 1 },
    }],
    ["receipt: delivered", 3, { id, at, receipt: { state: "delivered", ids: blob } }],
    ["receipt: read, 256 messages", 3, { id, at, receipt: { state: "read", ids: many(256) } }],
    ["edit", 3, { id, at, edit: { target: blob, text: "hello" } }],
    ["deletion", 3, { id, at, delete: concat(id, blob) }],
    ["deletion of 256 messages", 3, { id, at, delete: many(256) }],
    ["reaction", 3, { id, at, reaction: { target: blob, emoji: "👩‍👩‍👧" } }],
    ["reaction of 64 bytes", 3, { id, at, reaction: { target: blob, emoji: "👍".repeat(16) } }],
    ["reaction, withdrawn", 3, { id, at, reaction: { target: blob, emoji: "" } }],
    ["timer of a year", 3, { id, at, timer: 31_536_000 }],
    ["timer, off", 3, { id, at, timer: 0 }],
  ];
  return json({
    contents: cases.map(([name, type, content]) => {
      const bytes = encodeContent(content);
      return { name, "message type": type, value: content, content: bytes, padded: pad(bytes) };
    }),
    newer: newerContents(id),
    refused: refusedContents(id, key, blob),
  });
}

/** So many content IDs, one behind the other. */
function many(count: number): Bytes {
  return concat(...Array.from({ length: count }, (_, i) => new Uint8Array(16).fill(i)));
}

/** Encodings that a newer version may make, and the first name in them that is not known. */
function newerContents(idBytes: Bytes): object[] {
  const at = "626174" + "1b000001a3185c5000";
  const id = "626964" + "50" + toHex(idBytes);
  const text = "6474657874" + "6178";
  const cases: [string, MessageType, string, string][] = [
    ["a kind", 3, "poll", `a3${at}${id}64706f6c6c${"a1" + "6161" + "01"}`],
    ["a kind with a value of another type", 3, "a-2", `a3${at}${id}63612d32${"43010203"}`],
    ["a detail of a text", 3, "x", `a4${"6178" + "00"}${at}${id}${text}`],
    ["a kind for files", 4, "album", `a3${at}${id}65616c62756d${"60"}`],
    ["a name of 32 bytes", 3, "n".repeat(32), `a3${at}${id}7820${"6e".repeat(32)}${"00"}`],
  ];
  return cases.map(([name, type, unknown, hex]) => {
    return { name, "message type": type, unknown, content: fromHex(hex) };
  });
}

/** Encodings that are no content of the message type. */
function refusedContents(idBytes: Bytes, keyBytes: Bytes, blobBytes: Bytes): object[] {
  const at = "626174" + "1b000001a3185c5000";
  const id = "626964" + "50" + toHex(idBytes);
  const text = "6474657874" + "6178";
  const key = "636b6579" + "5820" + toHex(keyBytes);
  const blob = "64626c6f62" + "50" + toHex(blobBytes);
  const [name, size] = ["646e616d65" + "6161", "6473697a65" + "01"];
  const file = "6466696c65" + "a4" + key + blob + name + size;
  const cases: [string, MessageType, string][] = [
    ["nothing", 3, ""],
    ["not a map", 3, "80"],
    ["no id", 3, `a2${at}${text}`],
    ["no at", 3, `a2${id}${text}`],
    ["no text", 3, `a2${at}${id}`],
    ["a text in a start", 2, `a3${at}${id}${text}`],
    ["a file in a text", 3, `a3${at}${id}${file}`],
    ["a text in a file", 4, `a3${at}${id}${text}`],
    ["a text and a file", 4, `a4${at}${id}${file}${text}`],
    ["an unknown key in a start", 2, `a3${"6178" + "00"}${at}${id}`],
    ["an unknown key of 33 bytes", 3, `a3${at}${id}7821${"6e".repeat(33)}${"00"}`],
    ["an unknown key in upper case", 3, `a3${"6158" + "00"}${at}${id}`],
    ["an unknown key, empty", 3, `a3${"60" + "00"}${at}${id}`],
    ["a key that scripts treat specially", 3, `a4${at}${id}${text}695f5f70726f746f5f5f${"a0"}`],
    ["keys in another order", 3, `a3${id}${at}${text}`],
    ["a key twice", 3, `a4${at}${at}${id}${text}`],
    ["a key that is no text", 3, `a4${"00"}${"00"}${at}${id}${text}`],
    ["id too short", 3, `a3${at}${"626964" + "4f" + toHex(idBytes.slice(1))}${text}`],
    ["id as a text", 3, `a3${at}${"626964" + "70" + "61".repeat(16)}${text}`],
    ["at negative", 3, `a3${"626174" + "20"}${id}${text}`],
    ["at as a float", 3, `a3${"626174" + "fb4277d00000000000"}${id}${text}`],
    ["at longer than needed", 3, `a3${"626174" + "1800"}${id}${text}`],
    ["at longer than needed, 8 bytes", 3, `a3${"626174" + "1b0000000000000001"}${id}${text}`],
    ["text length longer than needed", 3, `a3${at}${id}${"6474657874" + "780178"}`],
    ["text that is not UTF-8", 3, `a3${at}${id}${"6474657874" + "61ff"}`],
    ["text as bytes", 3, `a3${at}${id}${"6474657874" + "4178"}`],
    ["text null", 3, `a3${at}${id}${"6474657874" + "f6"}`],
    ["text of indefinite length", 3, `a3${at}${id}${"6474657874" + "7f6178ff"}`],
    ["map of indefinite length", 3, `bf${at}${id}${text}ff`],
    ["map with a tag", 3, `d9d9f7a3${at}${id}${text}`],
    ["map length longer than needed", 3, `b803${at}${id}${text}`],
    ["something follows", 3, `a3${at}${id}${text}00`],
    ["cut short", 3, `a3${at}${id}${"6474657874" + "62"}78`],
    ["file key too short", 4, `a3${at}${id}6466696c65a4636b657941${"00"}${blob}${name}${size}`],
    ["blob ID too short", 4, `a3${at}${id}6466696c65a4${key}64626c6f6241${"00"}${name}${size}`],
    ["file without a blob", 4, `a3${at}${id}6466696c65a3${key}${name}${size}`],
    ["file without a name", 4, `a3${at}${id}6466696c65a3${key}${blob}${size}`],
    [
      "file with another key",
      4,
      `a3${at}${id}6466696c65a5${"6161" + "00"}${key}${blob}${name}${size}`,
    ],
    [
      "file of negative size",
      4,
      `a3${at}${id}6466696c65a4${key}${blob}${name}${"6473697a65" + "20"}`,
    ],
  ];
  return [
    ...cases.map(([name, type, hex]) => ({ name, "message type": type, content: fromHex(hex) })),
    ...refusedStatements(idBytes),
  ];
}

/** Encodings whose kinds or details have values that they must not have. */
function refusedStatements(id: Bytes): object[] {
  const head = { id, at: 1 };
  const target = id;
  const cases: [string, MessageType, { [name: string]: Value }][] = [
    ["an answer to nothing", 3, { text: "x", reply: id.slice(1) }],
    ["an answer alone", 3, { reply: id }],
    ["a file that answers", 4, { file: {}, reply: id }],
    ["a text that disappears at once", 3, { text: "x", expires: 0 }],
    ["a text that disappears too late", 3, { text: "x", expires: 31_536_001 }],
    ["a text with attributes", 3, { text: "x", attributes: { changed: 1, executable: 0 } }],
    ["attributes that are neither 0 nor 1", 4, {
      file: { blob: id, key: concat(id, id), name: "x", size: 1 },
      attributes: { changed: 1, executable: 2 },
    }],
    ["attributes alone", 4, { attributes: { changed: 1, executable: 0 } }],
    ["a timer that disappears", 3, { timer: 1, expires: 1 }],
    ["a timer in a file", 4, { timer: 1 }],
    ["a timer and a text", 3, { timer: 1, text: "x" }],
    ["a timer of more than a year", 3, { timer: 31_536_001 }],
    ["a timer as a text", 3, { timer: "1" }],
    ["a receipt of nothing", 3, { receipt: { state: "read", ids: id.slice(0, 0) } }],
    ["a receipt of half a message", 3, { receipt: { state: "read", ids: id.slice(8) } }],
    ["a receipt of 257 messages", 3, { receipt: { state: "read", ids: many(257) } }],
    ["a receipt with another state", 3, { receipt: { state: "lost", ids: id } }],
    ["a receipt without a state", 3, { receipt: { ids: id } }],
    ["a receipt with another key", 3, { receipt: { state: "read", ids: id, x: 0 } }],
    ["an edit without a text", 3, { edit: { target } }],
    ["an edit of no message", 3, { edit: { target: id.slice(1), text: "x" } }],
    ["an edit with another key", 3, { edit: { target, text: "x", x: 0 } }],
    ["a deletion of nothing", 3, { delete: id.slice(0, 0) }],
    ["a deletion of 257 messages", 3, { delete: many(257) }],
    ["a deletion as a map", 3, { delete: { target } }],
    ["a reaction of 65 bytes", 3, { reaction: { target, emoji: "👍".repeat(16) + "!" } }],
    ["a reaction of two lines", 3, { reaction: { target, emoji: "a\nb" } }],
    ["a reaction of two lines, by U+2028", 3, { reaction: { target, emoji: "a\u2028b" } }],
    ["a reaction without a target", 3, { reaction: { emoji: "👍" } }],
    ["a reaction with another key", 3, { reaction: { target, emoji: "👍", x: 0 } }],
  ];
  return cases.map(([name, type, statement]) => {
    return { name, "message type": type, content: encodeCbor({ ...head, ...statement }) };
  });
}

export function paddingVectors(): Json {
  const sizes = [46, 47, 48, 100, 254, 255, 256, 270, 271, 272, 510, 511, 512, 1023, 1024, 1055];
  const lengths = [
    ...[1, 2, 255, 256, 257, 272, 273, 511, 512, 513, 528, 529, 1023, 1024, 1025, 1056, 1057],
    ...[4095, 4096, 4097, 4224, 4225, 65_535, 65_536, 65_537, 67_584, 67_585, 1_000_000],
    ...[2 ** 20, 2 ** 20 + 1, 2 ** 24 - 1, 2 ** 24, 2 ** 24 + 1],
  ];
  const good = contentOfSize(100);
  const padded = pad(good);
  return json({
    "P(L)": lengths.map((L) => ({ L, "P(L)": paddedLength(L) })),
    contents: sizes.map((size) => {
      const content = contentOfSize(size);
      return { length: size, content, padded: pad(content) };
    }),
    refused: [
      { name: "nothing", padded: "" },
      { name: "zeros", padded: new Uint8Array(256) },
      { name: "no byte 80", padded: concat(good, new Uint8Array(156)) },
      { name: "another byte than 80", padded: padded.with(100, 0x81) },
      { name: "something behind the zeros", padded: padded.with(255, 1) },
    ],
    "padded to another length": [
      { name: "too short", padded: padded.slice(0, -1) },
      { name: "too long", padded: concat(padded, new Uint8Array(1)) },
      { name: "to the next length", padded: concat(padded, new Uint8Array(16)) },
      { name: "not at all", padded: padded.slice(0, 101) },
    ],
  });
}

/** Contents and their padding (PROTOCOL.md §10). */
import { type Bytes, concat } from "../../../../shared/bytes.ts";
import { demand } from "./basics.ts";
import { decodeCbor, encodeCbor, type Value } from "./cbor.ts";

/** Types of messages that hold an envelope: start, text, file. */
export type MessageType = 2 | 3 | 4;

export type Content = {
  id: Bytes;
  at: number;
  text?: string;
  file?: { blob: Bytes; key: Bytes; name: string; size: number };
};

export function encodeContent(content: Content): Bytes {
  return encodeCbor(content as Value);
}

/** The content of a message of type `type`. */
export function decodeContent(type: MessageType, bytes: Bytes): Content {
  const map = mapOf(decodeCbor(bytes), ...[
    "id",
    "at",
    ...{ 2: [], 3: ["text"], 4: ["file"] }[type],
  ]);
  const content: Content = { id: byteString(map.id, 16), at: unsigned(map.at) };
  if (type === 3) content.text = text(map.text);
  if (type === 4) {
    const file = mapOf(map.file, "blob", "key", "name", "size");
    content.file = {
      blob: byteString(file.blob, 16),
      key: byteString(file.key, 32),
      name: text(file.name),
      size: unsigned(file.size),
    };
  }
  return content;
}

/** P(L) for L of at least 1. */
export function paddedLength(L: number): number {
  const E = Math.floor(Math.log2(L));
  const S = E === 0 ? 1 : Math.floor(Math.log2(E)) + 1;
  const multiple = E > S ? 2 ** (E - S) : 1;
  return Math.max(256, Math.ceil(L / multiple) * multiple);
}

export function pad(content: Bytes): Bytes {
  const size = paddedLength(content.length + 1);
  return concat(content, new Uint8Array([0x80]), new Uint8Array(size - content.length - 1));
}

export function unpad(padded: Bytes): Bytes {
  const end = padded.findLastIndex((byte) => byte !== 0);
  demand(end >= 0 && padded[end] === 0x80, "no padding");
  demand(padded.length === paddedLength(end + 1), "padded to another length");
  return padded.slice(0, end);
}

/** `value`, which must be a map with exactly these keys. */
function mapOf(value: Value | undefined, ...keys: string[]): { [key: string]: Value } {
  demand(typeof value === "object" && !(value instanceof Uint8Array), "not a map");
  const same = Object.keys(value).sort().join() === keys.sort().join();
  demand(same, "other keys");
  return value;
}

function byteString(value: Value, size: number): Bytes {
  demand(value instanceof Uint8Array && value.length === size, `not ${size} bytes`);
  return value;
}

function unsigned(value: Value): number {
  demand(typeof value === "number", "not a number");
  return value;
}

function text(value: Value): string {
  demand(typeof value === "string", "not a text");
  return value;
}

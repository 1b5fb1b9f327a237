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
  receipt?: { state: "delivered" | "read"; ids: Bytes };
  edit?: { target: Bytes; text: string };
  delete?: Bytes;
  reaction?: { target: Bytes; emoji: string };
  timer?: number;
  reply?: Bytes;
  expires?: number;
  attributes?: { changed: number; executable: number };
};

/** The kinds of each message type. */
const KINDS = {
  2: [],
  3: ["text", "receipt", "edit", "delete", "reaction", "timer"],
  4: ["file"],
};
/** What may stand beside a kind. */
const BESIDE: { [kind: string]: string[] } = {
  text: ["reply", "expires"],
  file: ["expires", "attributes"],
};
const KNOWN = [...Object.values(KINDS).flat(), "reply", "expires", "attributes"];
const YEAR = 365 * 86_400;

export function encodeContent(content: Content): Bytes {
  return encodeCbor(content as Value);
}

/** The first name in the content that is not known, if it is one of a newer version. */
export function newerName(type: MessageType, bytes: Bytes): string | undefined {
  const map = decodeCbor(bytes);
  demand(typeof map === "object" && !(map instanceof Uint8Array), "not a map");
  byteString(map.id, 16);
  unsigned(map.at);
  const names = Object.keys(map).filter((key) => key !== "id" && key !== "at");
  demand(type !== 2 || names.length === 0, "a start says nothing");
  demand(names.every((name) => /^[a-z0-9-]{1,32}$/.test(name)), "no name of any version");
  return names.find((name) => !KNOWN.includes(name));
}

/** The content of a message of type `type`. */
export function decodeContent(type: MessageType, bytes: Bytes): Content {
  demand(newerName(type, bytes) === undefined, "of a newer version");
  const map = decodeCbor(bytes) as { [key: string]: Value };
  const content: Content = { id: byteString(map.id, 16), at: unsigned(map.at) };
  if (type === 2) return content;
  const [kind, ...others] = KINDS[type].filter((name) => map[name] !== undefined);
  demand(kind !== undefined && others.length === 0, "not one kind");
  const allowed = ["id", "at", kind, ...BESIDE[kind] ?? []];
  demand(Object.keys(map).every((key) => allowed.includes(key)), "other keys");
  if (map.reply !== undefined) content.reply = byteString(map.reply, 16);
  if (map.expires !== undefined) content.expires = from(1, unsigned(map.expires));
  if (map.attributes !== undefined) {
    const { changed, executable } = mapOf(map.attributes, "changed", "executable");
    demand(unsigned(executable) <= 1, "neither 0 nor 1");
    content.attributes = { changed: unsigned(changed), executable: unsigned(executable) };
  }
  if (kind === "text") content.text = text(map.text);
  if (kind === "timer") content.timer = from(0, unsigned(map.timer));
  if (kind === "delete") content.delete = ids(map.delete);
  if (kind === "receipt") {
    const { state, ids: all } = mapOf(map.receipt, "state", "ids");
    demand(state === "delivered" || state === "read", "no state");
    content.receipt = { state, ids: ids(all) };
  }
  if (kind === "edit") {
    const { target, text: changed } = mapOf(map.edit, "target", "text");
    content.edit = { target: byteString(target, 16), text: text(changed) };
  }
  if (kind === "reaction") {
    const { target, emoji } = mapOf(map.reaction, "target", "emoji");
    const isShort = new TextEncoder().encode(text(emoji)).length <= 64;
    demand(isShort && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text(emoji)), "no emoji");
    content.reaction = { target: byteString(target, 16), emoji: text(emoji) };
  }
  if (kind === "file") {
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

/** Content IDs, one behind the other: 1 to 256. */
function ids(value: Value): Bytes {
  demand(value instanceof Uint8Array && value.length % 16 === 0, "not content IDs");
  demand(value.length >= 16 && value.length <= 256 * 16, "none, or too many");
  return value;
}

/** Seconds, from so many up to a year. */
function from(least: number, seconds: number): number {
  demand(seconds >= least && seconds <= YEAR, "no such time");
  return seconds;
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

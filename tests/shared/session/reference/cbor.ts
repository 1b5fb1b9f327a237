/**
 * As much of CBOR (RFC 8949) as contents need: unsigned integers, byte strings, text strings and
 * maps with text keys, deterministically encoded (§4.2.1).
 */
import { type Bytes, concat, equalBytes, fromUtf8, utf8 } from "../../../../shared/bytes.ts";
import { demand } from "./basics.ts";

export type Value = number | Bytes | string | { [key: string]: Value };

const [UNSIGNED, BYTES, TEXT, MAP] = [0, 2, 3, 5];

export function encodeCbor(value: Value): Bytes {
  if (typeof value === "number") return head(UNSIGNED, value);
  if (typeof value === "string") {
    const text = utf8(value);
    return concat(head(TEXT, text.length), text);
  }
  if (value instanceof Uint8Array) return concat(head(BYTES, value.length), value);
  const entries = Object.entries(value).map(([key, value]) => [encodeCbor(key), encodeCbor(value)]);
  entries.sort(([a], [b]) => compare(a, b));
  return concat(head(MAP, entries.length), ...entries.flat());
}

/** The value that `bytes` are the deterministic encoding of. */
export function decodeCbor(bytes: Bytes): Value {
  let value: Value;
  let rest: Bytes;
  try {
    [value, rest] = decodeFirst(bytes);
  } catch (error) {
    demand(!(error instanceof TypeError), "not UTF-8");
    throw error;
  }
  demand(rest.length === 0, "something follows");
  demand(equalBytes(encodeCbor(value), bytes), "not deterministically encoded");
  return value;
}

/** The shortest head that holds `argument`: big-endian, in 0, 1, 2, 4 or 8 bytes. */
function head(major: number, argument: number): Bytes {
  demand(Number.isSafeInteger(argument) && argument >= 0, "not a number that fits");
  if (argument < 24) return new Uint8Array([32 * major + argument]);
  const width = [1, 2, 4].find((width) => argument < 256 ** width) ?? 8;
  const bytes = new Uint8Array(1 + width);
  bytes[0] = 32 * major + 24 + Math.log2(width);
  for (let i = width; i > 0; i--) {
    bytes[i] = argument % 256;
    argument = Math.floor(argument / 256);
  }
  return bytes;
}

/** The first value in `bytes`, and what follows it. */
function decodeFirst(bytes: Bytes): [Value, Bytes] {
  demand(bytes.length > 0, "ends too early");
  const major = bytes[0] >> 5;
  const low = bytes[0] & 31;
  demand(low < 28, "no such length");
  const width = low < 24 ? 0 : 2 ** (low - 24);
  demand(bytes.length > width, "ends too early");
  const wide = bytes.slice(1, 1 + width).reduce((value, byte) => 256 * value + byte, 0);
  const argument = width === 0 ? low : wide;
  let rest = bytes.slice(1 + width);
  if (major === UNSIGNED) return [argument, rest];
  if (major === MAP) {
    const entries: [string, Value][] = [];
    for (let i = 0; i < argument; i++) {
      let key: Value;
      let value: Value;
      [key, rest] = decodeFirst(rest);
      [value, rest] = decodeFirst(rest);
      demand(typeof key === "string", "a key that is no text");
      entries.push([key, value]);
    }
    return [Object.fromEntries(entries), rest]; // which takes "__proto__" for any key
  }
  demand(major === BYTES || major === TEXT, "no such type here");
  demand(argument <= rest.length, "ends too early");
  const string = rest.slice(0, argument);
  return [major === TEXT ? fromUtf8(string) : string, rest.slice(argument)];
}

/** Bytewise lexicographic order. */
function compare(a: Bytes, b: Bytes): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] !== b[i]) return a[i] - b[i];
  }
  return a.length - b.length;
}

/**
 * The content of an envelope: a small CBOR map with its own ID and time, padded so that its length
 * reveals little.
 */
import { type Bytes, equalBytes } from "../bytes.ts";
import { type CborValue, decodeCbor, encodeCbor } from "../cbor.ts";
import type { Random } from "../crypto/random.ts";
import { CONTENT_ID_SIZE } from "../limits.ts";
import type { MessageType } from "../protocol/codes.ts";
import {
  hasKinds,
  isBytes,
  isCount,
  isKnown,
  malformed,
  mapOf,
  readStatement,
  type Statement,
} from "./statement.ts";

/** A content. Without a statement it only starts a session. */
export interface Content extends Statement {
  /** 16 bytes that name it; see {@link newContentId}. */
  readonly id: Bytes;
  /** When it was written, in milliseconds since 1970. */
  readonly at: number;
  /** The first name in it that is not known here, and all of it: a newer version made it. */
  readonly unknown?: { readonly name: string; readonly encoded: Bytes };
}

/** Names that a newer version may use. */
const NAME = /^[a-z0-9-]{1,32}$/;

/** The end of the ID of each content whose author reads receipts. */
const READS_RECEIPTS = new Uint8Array([0, 1]);

/** Returns the ID of a new content, of an author who reads receipts. */
export function newContentId(random: Random): Bytes {
  const id = random(CONTENT_ID_SIZE);
  id.set(READS_RECEIPTS, CONTENT_ID_SIZE - READS_RECEIPTS.length);
  return id;
}

/** Reports whether the author of the content with this ID reads receipts. */
export function asksForReceipt(id: Bytes): boolean {
  return equalBytes(id.subarray(-READS_RECEIPTS.length), READS_RECEIPTS);
}

/** Returns the IDs that stand one behind the other. */
export function idsIn(ids: Bytes): Bytes[] {
  const count = ids.length / CONTENT_ID_SIZE;
  return Array.from({ length: count }, (_, i) => {
    return ids.slice(i * CONTENT_ID_SIZE, (i + 1) * CONTENT_ID_SIZE);
  });
}

/** Size of the smallest padded content. */
export const MIN_PADDED_SIZE = 256;
const PADDING_START = 0x80;

/** Returns the padded encoding of `content`. */
export function encodeContent(content: Content): Bytes {
  const { unknown: _, ...map } = content;
  const encoded = encodeCbor(Object.fromEntries(Object.entries(map).filter(isGiven)));
  const padded = new Uint8Array(paddedSize(encoded.length + 1));
  padded.set(encoded);
  padded[encoded.length] = PADDING_START;
  encoded.fill(0);
  return padded;
}

function isGiven(entry: [string, CborValue | undefined]): entry is [string, CborValue] {
  return entry[1] !== undefined;
}

/**
 * Returns the content in `padded`, which arrived in a message of this type. One with names that are
 * not known here has `unknown`, and nothing that it states.
 * @throws {ProtocolError} `malformed` if it is no content for this type
 */
export function decodeContent(padded: Bytes, type: MessageType): Content {
  const end = padded.findLastIndex((byte) => byte !== 0);
  if (padded[end] !== PADDING_START || padded.length !== paddedSize(end + 1)) throw malformed();
  const encoded = padded.subarray(0, end);
  const { id, at, ...statement } = mapOf(decodeCbor(encoded));
  if (!isBytes(id, CONTENT_ID_SIZE) || !isCount(at)) throw malformed();
  const names = Object.keys(statement);
  if (!hasKinds(type) && names.length === 0) return { id, at };
  if (!hasKinds(type) || !names.every((name) => NAME.test(name))) throw malformed();
  const unknown = names.find((name) => !isKnown(name));
  if (unknown !== undefined) {
    return { id, at, unknown: { name: unknown, encoded: encoded.slice() } };
  }
  return { id, at, ...readStatement(statement, type) };
}

/**
 * Returns the size that `size` bytes are padded to: Padmé (Nikitin et al., "Reducing Metadata
 * Leakage from Encrypted Files and Communication with PURBs", 2019, section 4). It adds at most
 * 12 %.
 */
export function paddedSize(size: number): number {
  if (size <= MIN_PADDED_SIZE) return MIN_PADDED_SIZE;
  const exponent = log2(size);
  const step = 2 ** (exponent - log2(exponent) - 1);
  return Math.ceil(size / step) * step;
}

/** Returns the binary logarithm, rounded down, of a whole number below 2^32. */
function log2(value: number): number {
  return 31 - Math.clz32(value);
}

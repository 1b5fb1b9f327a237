/**
 * The content of an envelope: a small CBOR map with its own ID and time, padded so that its length
 * reveals little.
 */
import type { Bytes } from "../bytes.ts";
import { type CborValue, decodeCbor, encodeCbor } from "../cbor.ts";
import { KEY_SIZE } from "../crypto/chacha20_poly1305.ts";
import { fileChunkCount } from "../crypto/file_chunks.ts";
import { ProtocolError } from "../errors.ts";
import { BLOB_ID_SIZE, CONTENT_ID_SIZE, MAX_U32 } from "../limits.ts";
import { MessageType } from "../protocol/codes.ts";

/** What a message of type 4 says of its file. */
export type FileNote = {
  /** The sender's name for it. Never use it as a path. */
  readonly name: string;
  /** Bytes of plaintext. */
  readonly size: number;
  /** The ID of its chunks on the server, 16 bytes. */
  readonly blob: Bytes;
  /** The 32-byte key of its chunks. */
  readonly key: Bytes;
};

/** A kind of content: the type of the messages that carry it, and what reads its value. */
interface Kind<T extends CborValue> {
  readonly type: MessageType;
  /** @throws {ProtocolError} `malformed` */
  read(value: CborValue): T;
}

/** Every kind, under the name of its property in the map. */
const KINDS = {
  text: { type: MessageType.text, read: text } as Kind<string>,
  file: { type: MessageType.file, read: fileNote } as Kind<FileNote>,
};

type KindName = keyof typeof KINDS;

/** What a content says: at most one of the kinds. */
type Statement = { readonly [K in KindName]?: ReturnType<(typeof KINDS)[K]["read"]> };

/** A content. Without a statement it only starts a session. */
export interface Content extends Statement {
  /** 16 random bytes that name it. */
  readonly id: Bytes;
  /** When it was written, in milliseconds since 1970. */
  readonly at: number;
}

/** Size of the smallest padded content. */
export const MIN_PADDED_SIZE = 256;
const PADDING_START = 0x80;

/** Returns the padded encoding of `content`. */
export function encodeContent(content: Content): Bytes {
  const map: Record<string, CborValue> = { id: content.id, at: content.at };
  for (const name of Object.keys(KINDS) as KindName[]) {
    const value = content[name];
    if (value !== undefined) map[name] = value;
  }
  const encoded = encodeCbor(map);
  const padded = new Uint8Array(paddedSize(encoded.length + 1));
  padded.set(encoded);
  padded[encoded.length] = PADDING_START;
  encoded.fill(0);
  return padded;
}

/**
 * Returns the content in `padded`, which arrived in a message of this type.
 * @throws {ProtocolError} `malformed` if it is no content for this type
 */
export function decodeContent(padded: Bytes, type: MessageType): Content {
  const end = padded.findLastIndex((byte) => byte !== 0);
  if (padded[end] !== PADDING_START || padded.length !== paddedSize(end + 1)) throw malformed();
  const { id, at, ...statement } = mapOf(decodeCbor(padded.subarray(0, end)));
  if (!isBytes(id, CONTENT_ID_SIZE) || !isCount(at)) throw malformed();
  const kinds = Object.entries(KINDS).filter(([, kind]) => kind.type === type);
  const names = Object.keys(statement);
  if (kinds.length === 0 && names.length === 0) return { id, at };
  const [name, kind] = kinds.find(([name]) => name === names[0]) ?? [];
  if (name === undefined || kind === undefined || names.length > 1) throw malformed();
  return { id, at, [name]: kind.read(statement[name] ?? null) };
}

function text(value: CborValue): string {
  if (typeof value === "string") return value;
  throw malformed();
}

function fileNote(value: CborValue): FileNote {
  const { name, size, blob, key, ...others } = mapOf(value);
  if (typeof name !== "string" || !isCount(size)) throw malformed();
  if (fileChunkCount(size) > MAX_U32) throw malformed();
  if (!isBytes(blob, BLOB_ID_SIZE) || !isBytes(key, KEY_SIZE)) throw malformed();
  if (Object.keys(others).length > 0) throw malformed();
  return { name, size, blob, key };
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

function mapOf(value: CborValue): Record<string, CborValue | undefined> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed();
  if (value instanceof Uint8Array) throw malformed();
  return { ...value as Record<string, CborValue> };
}

function isBytes(value: CborValue | undefined, size: number): value is Bytes {
  return value instanceof Uint8Array && value.length === size;
}

function isCount(value: CborValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function malformed(): ProtocolError {
  return new ProtocolError("malformed", "the content is not one that is known here");
}

/** What a content can say: the kinds of contents, and how their values are read. */
import { type Bytes, utf8 } from "../bytes.ts";
import type { CborValue } from "../cbor.ts";
import { KEY_SIZE } from "../crypto/chacha20_poly1305.ts";
import { fileChunkCount } from "../crypto/file_chunks.ts";
import { ProtocolError } from "../errors.ts";
import {
  BLOB_ID_SIZE,
  CONTENT_ID_SIZE,
  MAX_EMOJI_SIZE,
  MAX_TARGETS,
  MAX_TIMER,
  MAX_U32,
} from "../limits.ts";
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

/** What a file was at its sender's, beside its bytes. */
export type FileAttributes = {
  /** When it was last changed, in milliseconds since 1970. */
  readonly changed: number;
  /** 1 if it can be executed, else 0. */
  readonly executable: number;
};

/** What became of messages at their receiver. */
export type Receipt = {
  readonly state: "delivered" | "read";
  /** Content IDs, one behind the other. */
  readonly ids: Bytes;
};

/** The new text of a message. */
export type Edit = { readonly target: Bytes; readonly text: string };

/** What the author thinks of a message: an emoji, or nothing any more. */
export type ReactionNote = { readonly target: Bytes; readonly emoji: string };

/** A kind of content: the type of the messages that carry it, and what reads its value. */
interface Kind<T extends CborValue> {
  readonly type: MessageType;
  /** @throws {ProtocolError} `malformed` */
  read(value: CborValue): T;
  /** What may stand beside it. */
  readonly beside?: readonly string[];
}

/** Every kind, under the name of its property in the map. */
const KINDS = {
  text: { type: MessageType.text, read: text, beside: ["reply", "expires"] } as Kind<string>,
  file: { type: MessageType.file, read: fileNote, beside: ["expires", "attributes"] } as Kind<
    FileNote
  >,
  receipt: { type: MessageType.text, read: receipt } as Kind<Receipt>,
  edit: { type: MessageType.text, read: edit } as Kind<Edit>,
  /** Content IDs, one behind the other. */
  delete: { type: MessageType.text, read: targets } as Kind<Bytes>,
  reaction: { type: MessageType.text, read: reaction } as Kind<ReactionNote>,
  /** In seconds; 0: none. */
  timer: { type: MessageType.text, read: seconds } as Kind<number>,
};

/** What may stand beside a kind. */
const DETAILS = {
  /** The content ID of the message that this one answers. */
  reply: target,
  /** Seconds after which it disappears, once it was sent or read. */
  expires: (value: CborValue) => seconds(value) || refuse(),
  attributes,
};

type KindName = keyof typeof KINDS;
type DetailName = keyof typeof DETAILS;

/** What a content says: at most one of the kinds, and details of it. */
export type Statement =
  & { readonly [K in KindName]?: ReturnType<(typeof KINDS)[K]["read"]> }
  & { readonly [D in DetailName]?: ReturnType<(typeof DETAILS)[D]> };

/** Reports whether there are kinds for messages of this type. */
export function hasKinds(type: MessageType): boolean {
  return Object.values(KINDS).some((kind) => kind.type === type);
}

/** Reports whether this is the name of a kind, or of a detail. */
export function isKnown(name: string): boolean {
  return isKind(name) || isDetail(name);
}

/**
 * Returns what a map without other names states in a message of this type.
 * @throws {ProtocolError} `malformed`
 */
export function readStatement(
  statement: Record<string, CborValue | undefined>,
  type: MessageType,
): Statement {
  const names = Object.keys(statement);
  const [name, ...others] = names.filter(isKind);
  if (name === undefined || others.length > 0) throw malformed();
  const kind: Kind<CborValue> = KINDS[name];
  if (kind.type !== type) throw malformed();
  const details = names.filter(isDetail);
  if (!details.every((detail) => kind.beside?.includes(detail))) throw malformed();
  const read = details.map((detail) => [detail, DETAILS[detail](statement[detail] ?? null)]);
  return Object.fromEntries([[name, kind.read(statement[name] ?? null)], ...read]);
}

function isKind(name: string): name is KindName {
  return Object.hasOwn(KINDS, name);
}

function isDetail(name: string): name is DetailName {
  return Object.hasOwn(DETAILS, name);
}

function receipt(value: CborValue): Receipt {
  const { state, ids, ...others } = mapOf(value);
  if (state !== "delivered" && state !== "read" || Object.keys(others).length > 0) {
    throw malformed();
  }
  return { state, ids: targets(ids ?? null) };
}

function edit(value: CborValue): Edit {
  const { target: of, text: changed, ...others } = mapOf(value);
  if (Object.keys(others).length > 0) throw malformed();
  return { target: target(of ?? null), text: text(changed ?? null) };
}

function reaction(value: CborValue): ReactionNote {
  const { target: of, emoji, ...others } = mapOf(value);
  if (Object.keys(others).length > 0 || typeof emoji !== "string") throw malformed();
  if (!isReaction(emoji)) throw malformed();
  return { target: target(of ?? null), emoji };
}

/** Reports whether this can be a reaction: it is short, and in one line. */
export function isReaction(emoji: string): boolean {
  return utf8(emoji).length <= MAX_EMOJI_SIZE && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(emoji);
}

function target(value: CborValue): Bytes {
  if (isBytes(value, CONTENT_ID_SIZE)) return value;
  throw malformed();
}

function targets(value: CborValue): Bytes {
  if (!(value instanceof Uint8Array)) throw malformed();
  const count = value.length / CONTENT_ID_SIZE;
  if (!Number.isInteger(count) || count === 0 || count > MAX_TARGETS) throw malformed();
  return value as Bytes;
}

function seconds(value: CborValue): number {
  if (isCount(value) && value <= MAX_TIMER) return value;
  throw malformed();
}

function refuse(): never {
  throw malformed();
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

function attributes(value: CborValue): FileAttributes {
  const { changed, executable, ...others } = mapOf(value);
  if (!isCount(changed) || !isCount(executable) || executable > 1) throw malformed();
  if (Object.keys(others).length > 0) throw malformed();
  return { changed, executable };
}

export function mapOf(value: CborValue): Record<string, CborValue | undefined> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed();
  if (value instanceof Uint8Array) throw malformed();
  return { ...value as Record<string, CborValue> };
}

export function isBytes(value: CborValue | undefined, size: number): value is Bytes {
  return value instanceof Uint8Array && value.length === size;
}

export function isCount(value: CborValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

export function malformed(): ProtocolError {
  return new ProtocolError("malformed", "the content is not one that is known here");
}

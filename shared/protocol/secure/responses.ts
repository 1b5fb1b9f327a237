/** All responses inside a secure channel, which have version 3: answers, pushes and errors. */
import type { Bytes } from "../../bytes.ts";
import { ProtocolError } from "../../errors.ts";
import { MAX_ERROR_TEXT_SIZE } from "../../limits.ts";
import { ErrorCode, type ErrorName, SECURE_VERSION } from "../codes.ts";
import { Writer } from "../../cursor.ts";
import { type BodyOf, type Entry, EntryTable } from "../entry.ts";
import { RESPONSE_HEADER_SIZE, type ResponseHeader } from "../frame.ts";
import { decode, fields, type Layout, text, u32, type ValueOf } from "../layout.ts";
import { stopping } from "./account.ts";
import { push } from "./messages.ts";
import { prekeysLow } from "./prekeys.ts";
import { SECURE_REQUESTS, type SecureReply, type SecureRequestKind } from "./requests.ts";

type AnswerEntry =
  | (typeof SECURE_REQUESTS.entries)[number]["reply"]
  | typeof push
  | typeof prekeysLow
  | typeof stopping;

/** All but the errors, which share one layout. */
export const SECURE_ANSWERS = new EntryTable<AnswerEntry>([
  ...SECURE_REQUESTS.entries.map(({ reply }) => reply),
  push,
  prekeysLow,
  stopping,
]);

const error = fields({
  /** Milliseconds after which the request may be tried again; 0 if that would not help. */
  retryAfter: u32,
  /** For people. */
  text: text(MAX_ERROR_TEXT_SIZE),
});

/** A refused request. */
export type SecureError = { kind: "error"; error: ErrorName } & ValueOf<typeof error>;

/** A response in memory. */
export type SecureResponse = BodyOf<AnswerEntry> | SecureError;

const ERROR_NAMES = new Map<number, ErrorName>(
  Object.entries(ErrorCode).map(([name, code]) => [code, name as ErrorName]),
);

/**
 * Returns the answer to a request of `kind` that `header` and its whole `payload` make.
 * @throws {ProtocolError} `malformed`, also for the answer to another kind
 */
export function decodeSecureReply<K extends SecureRequestKind>(
  kind: K,
  header: ResponseHeader,
  payload: Uint8Array,
): SecureReply<K> {
  const { code } = SECURE_REQUESTS.of[kind].reply;
  if (header.code !== code) {
    throw new ProtocolError("malformed", `response ${header.code} where ${code} is due`);
  }
  return decodeSecureResponse(header, payload) as SecureReply<K>;
}

export function isErrorCode(code: number): boolean {
  return ERROR_NAMES.has(code);
}

/** Returns all bytes of `response`: header and payload. */
export function encodeSecureResponse(response: SecureResponse): Bytes {
  if (response.kind === "error") return frameOf(ErrorCode[response.error], error, response);
  const { code, payload } = SECURE_ANSWERS.of[response.kind] as Entry;
  return frameOf(code, payload, response);
}

function frameOf<T>(code: number, payload: Layout<T>, value: T): Bytes {
  const size = payload.size(value);
  const writer = new Writer(RESPONSE_HEADER_SIZE + size);
  writer.u8(SECURE_VERSION).u16(code).u32(size);
  payload.write(writer, value);
  return writer.done();
}

/**
 * Returns the response that `header` and its whole `payload` make.
 * @throws {ProtocolError} `malformed`, or `unsupported` for an unknown version or code
 */
export function decodeSecureResponse(header: ResponseHeader, payload: Uint8Array): SecureResponse {
  if (header.version !== SECURE_VERSION) {
    throw new ProtocolError("unsupported", `version ${header.version} inside a secure channel`);
  }
  const name = ERROR_NAMES.get(header.code);
  if (name === undefined) return SECURE_ANSWERS.decode(header, payload);
  if (payload.length !== header.size) {
    throw new ProtocolError("malformed", "payload and its size disagree");
  }
  return { kind: "error", error: name, ...decode(error, payload) };
}

/** The objects of JSON-RPC 2.0, checked as they come. */
import { fromUtf8 } from "../../shared/bytes.ts";
import { INVALID_REQUEST, PARSE_ERROR, RpcError, type WireError } from "./rpc_error.ts";

export type RequestId = string | number;
/** Parameters by their names. */
export type Params = Readonly<Record<string, unknown>>;

export interface Request {
  readonly kind: "request";
  /** A notification has none. */
  readonly id?: RequestId;
  readonly method: string;
  /** As they were given: an object, or something else, which is an error. */
  readonly params: unknown;
}

export interface Answer {
  readonly kind: "answer";
  readonly id: RequestId | null;
  readonly result?: unknown;
  readonly error?: WireError;
}

/** More objects than this in one array are refused. */
const MAX_BATCH = 256;

/**
 * Returns what a line says: an object, or an array of several.
 * @throws {RpcError} -32700 if it is not JSON, -32600 for an array that is empty or too long
 */
export function parseLine(line: Uint8Array): unknown {
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(line));
  } catch {
    throw new RpcError(PARSE_ERROR, "a line is not a JSON object in UTF-8");
  }
  if (!Array.isArray(value)) return value;
  if (value.length === 0) throw new RpcError(INVALID_REQUEST, "the array of requests is empty");
  if (value.length <= MAX_BATCH) return value;
  throw new RpcError(INVALID_REQUEST, `an array has at most ${MAX_BATCH} requests`);
}

/** Returns one object, checked. @throws {RpcError} -32600 */
export function readMessage(value: unknown): Request | Answer {
  if (!isObject(value)) throw invalid("a request is a JSON object");
  const { jsonrpc, id, method, params } = value;
  if (jsonrpc !== "2.0") throw invalid('a request has "jsonrpc": "2.0"');
  if (method === undefined && ("result" in value || "error" in value)) {
    const { result, error } = value as { result?: unknown; error?: WireError };
    return { kind: "answer", id: isId(id) ? id : null, result, error };
  }
  if (typeof method !== "string") throw invalid("the method of a request is a string");
  if (id !== undefined && !isId(id)) throw invalid("the id of a request is a string or a number");
  return { kind: "request", id, method, params };
}

/** Returns the ID of a request that is not valid otherwise, or null. */
export function idOf(value: unknown): RequestId | null {
  return isObject(value) && isId(value.id) ? value.id : null;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isId(value: unknown): value is RequestId {
  return typeof value === "string" || typeof value === "number" && Number.isFinite(value);
}

const invalid = (message: string) => new RpcError(INVALID_REQUEST, message);

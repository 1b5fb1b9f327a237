/** Errors of JSON-RPC: a number for the protocol, our literal code for scripts. */
import { UsageError } from "../../shared/args.ts";
import { StorageError } from "../../shared/errors.ts";
import { ClientError, type ClientErrorCode } from "../errors.ts";
import { retryAfter } from "../network/failures.ts";

export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const INTERNAL_ERROR = -32603;
/** What was asked for failed; `data.code` says why. */
export const FAILED = -32000;
/** More requests at once than are allowed. */
export const BUSY = -32001;

/** What an error says beside its message. */
export interface RpcErrorData {
  /** One of the codes that `--json` prints. */
  readonly code: string;
  /** The parameter that is wrong. */
  readonly param?: string;
  /** Milliseconds until the same may succeed. */
  readonly retryAfter?: number;
}

/** The error of an answer. */
export interface WireError {
  readonly code: number;
  readonly message: string;
  readonly data?: RpcErrorData;
}

export class RpcError extends Error {
  override name = "RpcError";
  constructor(readonly code: number, message: string, readonly data?: RpcErrorData) {
    super(message);
  }
}

/** The error for a parameter that is missing, unknown or wrong. */
export function badParam(param: string | undefined, message: string): RpcError {
  return new RpcError(INVALID_PARAMS, message, { code: "usage", param });
}

/** Returns how an answer says that something was thrown. */
export function toWire(error: unknown): WireError {
  if (error instanceof RpcError) {
    return { code: error.code, message: error.message, data: error.data };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError) return { code: INVALID_PARAMS, message, data: USAGE };
  if (error instanceof ClientError || error instanceof StorageError) {
    const wait = error instanceof StorageError ? error.retryAfter : retryAfter(error);
    const data = { code: error.code, ...(wait ? { retryAfter: wait } : {}) };
    return { code: FAILED, message, data };
  }
  return { code: INTERNAL_ERROR, message, data: { code: "internal" } };
}

/** Returns what was thrown on the other side, as far as it has one of our codes. */
export function fromWire({ code, message, data }: WireError): Error {
  if (data?.code === "usage") return new UsageError(message, null);
  if (code !== FAILED || !data) return new RpcError(code, message, data);
  // What `retryAfter` of `network/failures.ts` reads.
  const cause = data.retryAfter === undefined ? undefined : { retryAfter: data.retryAfter };
  return new ClientError(data.code as ClientErrorCode, message, { cause });
}

const USAGE: RpcErrorData = { code: "usage" };

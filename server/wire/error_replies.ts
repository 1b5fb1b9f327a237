/** Which error reply a client gets for each error. */
import {
  CryptoError,
  ProtocolError,
  type ProtocolErrorCode,
  StorageError,
  type StorageErrorCode,
} from "../../shared/errors.ts";
import type { ErrorName } from "../../shared/protocol/codes.ts";
import type { SecureError } from "../../shared/protocol/secure/responses.ts";
import { type Limit, LIMITS } from "../metrics/metrics.ts";
import type { Services } from "../services.ts";
import { DiskError } from "../storage/disk_errors.ts";

/** Thrown for a request that its sender may not make, or not now. */
export class Refusal extends Error {
  override name = "Refusal";
  /** @param limit the one that the request was over, if it was; for the metrics */
  constructor(
    readonly error: ErrorName,
    text: string,
    readonly retryAfter = 0,
    readonly limit?: Limit,
  ) {
    super(text);
  }
}

/** Returns the refusal of a request over `limit`, which may pass after `wait` milliseconds. */
export function tooFast(limit: Limit, wait: number): Refusal {
  const text = `too many ${limit} at once; try again in ${Math.ceil(wait / 1000)} s`;
  return new Refusal("rate-limited", text, wait, limit);
}

const STORAGE_ERRORS: Record<StorageErrorCode, ErrorName> = {
  "unknown-client": "not-found",
  "unknown-message": "not-found",
  "unknown-file": "not-found",
  "file-taken": "forbidden",
  "file-differs": "malformed",
  "quota-full": "over-quota",
  "never-fits": "too-large",
  "disk-full": "over-quota",
  "name-taken": "name-taken",
  "not-invited": "forbidden",
  "mailbox-full": "over-quota",
  "clients-full": "over-quota",
  "leaving": "rate-limited",
  "no-prekeys": "not-found",
  "prekeys-full": "over-quota",
  "token-reused": "malformed",
  "closed": "shutting-down",
  "failed": "failed",
};

/** Without the errors that break the stream itself: they cannot be answered. */
const PROTOCOL_ERRORS: Partial<Record<ProtocolErrorCode, ErrorName>> = {
  "malformed": "malformed",
  "unsupported": "malformed",
  "too-large": "too-large",
};

/** What is counted where an error does not say which limit it was. */
const USUAL_LIMITS: Partial<Record<ErrorName, Limit>> = {
  "too-large": "size",
  "over-quota": "other",
  "rate-limited": "other",
};

/** Milliseconds after which a server that stops is up again, as a rule. */
export const RESTART_TIME = 2_000;

/** Milliseconds after which a refused request may succeed. */
const RETRY_AFTER: Partial<Record<StorageErrorCode, number>> = {
  "closed": RESTART_TIME,
  "leaving": 1_000,
  "disk-full": 60_000,
  // When somebody has fetched or used something; nobody knows when.
  "quota-full": 60_000,
  "mailbox-full": 60_000,
  "prekeys-full": 60 * 60_000,
  "clients-full": 60 * 60_000,
  "failed": 60_000,
};

/**
 * Returns the answer to a request with this code that failed with `error`. Logs it, and counts it
 * if it was over a limit.
 * @throws what cannot be answered
 */
export function errorReply(
  error: unknown,
  code: number,
  { log, metrics, disk }: Pick<Services, "log" | "metrics" | "disk">,
): SecureError {
  const refused = (name: ErrorName, text: string, retryAfter = 0, limit?: Limit): SecureError => {
    log.debug("Request {code} refused: {reason}", { code, reason: name });
    const counted = limit ?? USUAL_LIMITS[name];
    if (counted) metrics.refused(counted);
    return { kind: "error", error: name, retryAfter, text };
  };
  if (error instanceof Refusal) {
    return refused(error.error, error.message, error.retryAfter, error.limit);
  }
  if (error instanceof CryptoError) return refused("malformed", error.message);
  if (error instanceof ProtocolError) {
    const name = PROTOCOL_ERRORS[error.code];
    if (name) return refused(name, error.message);
  }
  if (error instanceof StorageError) {
    const name = STORAGE_ERRORS[error.code];
    const retryAfter = error.retryAfter ?? RETRY_AFTER[error.code] ?? 0;
    if (error instanceof DiskError) disk.report(error);
    else if (name === "failed") {
      log.error("Request {code} failed: {error}", { code, error: error.cause ?? error });
      return { kind: "error", error: name, retryAfter, text: "try again later" };
    }
    return refused(name, error.message, retryAfter, limitOf(error.code));
  }
  throw error;
}

/** Returns the limit of the storage that an error with this code says was reached. */
function limitOf(code: StorageErrorCode): Limit | undefined {
  return (LIMITS as readonly string[]).includes(code) ? code as Limit : undefined;
}

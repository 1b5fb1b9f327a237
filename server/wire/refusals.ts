/** From what went wrong to what a secure client is told: one table. */
import type { Logger } from "@logtape/logtape";
import { equalBytes } from "../../shared/bytes.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import {
  CryptoError,
  ProtocolError,
  type ProtocolErrorCode,
  StorageError,
  type StorageErrorCode,
} from "../../shared/errors.ts";
import type { ErrorName } from "../../shared/protocol/codes.ts";
import type { SecureError } from "../../shared/protocol/secure/responses.ts";

/** A request that its sender may not make, or not now. */
export class Refusal extends Error {
  override name = "Refusal";
  constructor(readonly error: ErrorName, text: string, readonly retryAfter = 0) {
    super(text);
  }
}

/**
 * An ID in a header is zero or that of the asker.
 * @throws {Refusal} `forbidden`
 */
export function checkHeaderId(clientId: Uint8Array, asker: Identity): void {
  if (!equalBytes(clientId, asker.clientId) && clientId.some((byte) => byte !== 0)) {
    throw new Refusal("forbidden", "the ID in the header is not the one that has logged in");
  }
}

const STORAGE_ERRORS: Record<StorageErrorCode, ErrorName> = {
  "unknown-client": "not-found",
  "unknown-message": "not-found",
  "unknown-file": "not-found",
  "file-taken": "forbidden",
  "file-differs": "malformed",
  "quota-full": "over-quota",
  "disk-full": "over-quota",
  "name-taken": "name-taken",
  "mailbox-full": "over-quota",
  "clients-full": "over-quota",
  "no-prekeys": "not-found",
  "prekeys-full": "over-quota",
  "token-reused": "malformed",
  "closed": "shutting-down",
  "failed": "failed",
};

/** What breaks the stream itself is not here: it cannot be answered. */
const PROTOCOL_ERRORS: Partial<Record<ProtocolErrorCode, ErrorName>> = {
  "malformed": "malformed",
  "unsupported": "malformed",
  "too-large": "too-large",
};

/** Pauses after which what was refused may go well, in milliseconds. */
const RETRY_AFTER: Partial<Record<StorageErrorCode, number>> = {
  "closed": 2_000, // lets a restarted server come up
  "disk-full": 60_000,
};

/** The answer to a request with this code that failed. Throws on what cannot be answered. */
export function refusalOf(error: unknown, code: number, log: Logger): SecureError {
  const refused = (name: ErrorName, text: string, retryAfter = 0): SecureError => {
    log.debug("Request {code} refused: {reason}", { code, reason: name });
    return { kind: "error", error: name, retryAfter, text };
  };
  if (error instanceof Refusal) return refused(error.error, error.message, error.retryAfter);
  if (error instanceof CryptoError) return refused("malformed", error.message);
  if (error instanceof ProtocolError) {
    const name = PROTOCOL_ERRORS[error.code];
    if (name) return refused(name, error.message);
  }
  if (error instanceof StorageError) {
    const name = STORAGE_ERRORS[error.code];
    if (name === "failed") {
      log.error("Request {code} failed: {error}", { code, error: error.cause ?? error });
      return { kind: "error", error: name, retryAfter: 0, text: "the server could not do it" };
    }
    if (error.code === "disk-full") log.warn("Request {code} refused: the disk is full", { code });
    return refused(name, error.message, RETRY_AFTER[error.code]);
  }
  throw error;
}

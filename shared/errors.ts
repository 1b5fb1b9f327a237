/**
 * What can go wrong, as three classes with literal codes. A message may name sizes, codes and IDs;
 * never a key, a payload or a plaintext.
 */

/** Codes of {@link ProtocolError}. */
export type ProtocolErrorCode =
  | "malformed" // the bytes do not follow the specification
  | "truncated" // the peer's bytes ended inside a frame
  | "too-large" // a claimed or given size is over its limit
  | "unsupported" // an unknown version or request code
  | "timeout"; // a deadline passed

/** Bytes from the other side, or values for it, that the protocol does not allow. */
export class ProtocolError extends Error {
  override name = "ProtocolError";
  constructor(readonly code: ProtocolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** Codes of {@link CryptoError}. */
export type CryptoErrorCode =
  | "bad-key" // invalid key material
  | "decrypt-failed" // wrong key or changed bytes, deliberately not distinguished
  | "exhausted"; // a key has encrypted as much as it may

/** A cryptographic operation that refused its input. */
export class CryptoError extends Error {
  override name = "CryptoError";
  constructor(readonly code: CryptoErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** Codes of {@link StorageError}. */
export type StorageErrorCode =
  | "unknown-client" // no client has this ID
  | "unknown-message" // the message does not exist, or no longer
  | "unknown-file" // the file does not exist, no longer, or not for the asker
  | "file-taken" // the file is another client's
  | "file-differs" // the file has another size
  | "quota-full" // what is stored of the client, or of all clients, has reached its limit
  | "never-fits" // larger than the limits allow, whatever else is stored
  | "disk-full" // the disk has no room left
  | "name-taken" // another client has this name, or one that looks like it
  | "not-invited" // the invite does not exist, is used up or has expired
  | "mailbox-full" // the receiver's mailbox has reached its limit
  | "token-reused" // the token of another message
  | "leaving" // what an earlier client with this ID left is still being deleted
  | "no-prekeys" // a client that has not published what a bundle needs
  | "prekeys-full" // more one-time prekeys of a kind than the server holds for a client
  | "clients-full" // the server has reached its limit of clients
  | "closed" // storage is shutting down
  | "failed"; // the database or the disk refused: nothing was changed

/** An operation on stored state that was refused; nothing was changed. */
export class StorageError extends Error {
  override name = "StorageError";
  /** Milliseconds until the same operation may succeed, where that is known. */
  readonly retryAfter?: number;

  constructor(
    readonly code: StorageErrorCode,
    message: string,
    options?: ErrorOptions & { retryAfter?: number },
  ) {
    super(message, options);
    this.retryAfter = options?.retryAfter;
  }
}

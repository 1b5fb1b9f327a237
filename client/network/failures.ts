/** Distinguishes and explains failures of the network and refusals of the server. */
import { CryptoError, ProtocolError } from "../../shared/errors.ts";
import type { ErrorName } from "../../shared/protocol/codes.ts";
import type { SecureError } from "../../shared/protocol/secure/responses.ts";
import { ClientError } from "../errors.ts";
import { type Address, formatAddress } from "./address.ts";

/** Returns the protocol's name of a refusal; undefined if `error` is none. */
export function refusalName(error: unknown): ErrorName | undefined {
  return refusalOf(error)?.error;
}

/** Returns the milliseconds that the server asked to wait, else 0. */
export function retryAfter(error: unknown): number {
  return refusalOf(error)?.retryAfter ?? 0;
}

function refusalOf(error: unknown): { error: ErrorName; retryAfter?: number } | undefined {
  const isRefusal = error instanceof ClientError && error.code === "refused";
  return isRefusal ? error.cause as ReturnType<typeof refusalOf> : undefined;
}

/** Reports whether the server may grant a refused request later. */
export function mayPass(error: unknown): boolean {
  return retryAfter(error) > 0;
}

/** How long a client waits that was not told how long, in milliseconds: a minute. */
const UNTOLD_WAIT = 60_000;

/**
 * Returns the milliseconds to wait where something is full: a mailbox, a quota, or the server. That
 * passes, whatever the server says of the time. Undefined for any other error.
 */
export function fullFor(error: unknown): number | undefined {
  return refusalName(error) === "over-quota" ? retryAfter(error) || UNTOLD_WAIT : undefined;
}

/** Returns milliseconds in words, such as "2 min"; never too few. */
export function durationText(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000);
  if (seconds <= 120) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes <= 120 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`;
}

/** Returns the error to show for one of a connection. Other errors stay as they are. */
export function explainFailure(error: unknown, address: Address): unknown {
  const where = formatAddress(address);
  if (isNetworkError(error) || error instanceof ProtocolError && error.code === "truncated") {
    return new ClientError("unreachable", `the connection to ${where} broke; try again`, {
      cause: error,
    });
  }
  if (error instanceof CryptoError) {
    const message = `what came from the server at ${where} was changed on the way, or is not its ` +
      `own: ${error.message}. The connection was given up; try again`;
    return new ClientError("bad-response", message, { cause: error });
  }
  if (error instanceof ProtocolError) {
    const message = `the server at ${where} does not speak this protocol: ${error.message}`;
    return new ClientError("bad-response", message, { cause: error });
  }
  return error;
}

/** Returns the error for a server that does not know the client (any more). */
export function unknownHere(address: Address): ClientError {
  const message = `the server at ${formatAddress(address)} does not know this identity: it was ` +
    "set up anew, restored from an earlier backup, or has removed it. To register it again, with " +
    "contacts, sessions and history as they are: messaging-client register";
  return new ClientError("not-registered", message);
}

/** Returns the error for a refusal, with the words of the server. */
export function refusedBy({ error, text, retryAfter }: SecureError): ClientError {
  const message = error === "failed" ? `server error; ${text}` : `the server refused: ${text}`;
  return new ClientError("refused", message, { cause: { error, retryAfter } });
}

/** The cause of the error for a server that is silent. */
export class NoAnswer extends Error {
  override name = "NoAnswer";
}

/** Returns the error for a server that has gone silent. */
export function noAnswer(address: Address): ClientError {
  const message = `the server at ${formatAddress(address)} does not answer`;
  return new ClientError("unreachable", message, { cause: new NoAnswer() });
}

/** Reports whether a server was silent for so long that it was given up. */
export function isNoAnswer(error: unknown): boolean {
  return error instanceof ClientError && error.cause instanceof NoAnswer;
}

/** Reports whether a connection broke, or was closed here. */
export function isNetworkError(error: unknown): boolean {
  return NETWORK_ERRORS.some((kind) => error instanceof kind);
}

const NETWORK_ERRORS = [
  Deno.errors.BadResource,
  Deno.errors.BrokenPipe,
  Deno.errors.ConnectionAborted,
  Deno.errors.ConnectionReset,
  Deno.errors.Interrupted,
  Deno.errors.NetworkUnreachable,
  Deno.errors.NotConnected,
  Deno.errors.TimedOut,
  Deno.errors.UnexpectedEof,
];

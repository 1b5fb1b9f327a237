/** What a server said where it refused something. */
import type { ErrorName } from "../../shared/protocol/codes.ts";
import { ClientError } from "../errors.ts";

/** What `error` is called in the protocol; undefined where it is no refusal of the server. */
export function refusalName(error: unknown): ErrorName | undefined {
  const cause = error instanceof ClientError ? error.cause : undefined;
  if (typeof cause !== "object" || cause === null || !("error" in cause)) return undefined;
  return cause.error as ErrorName;
}

/** The milliseconds that the server asked to wait, else 0. */
export function retryAfter(error: unknown): number {
  const cause = error instanceof ClientError ? error.cause : undefined;
  const isAsked = typeof cause === "object" && cause !== null && "retryAfter" in cause;
  return isAsked && typeof cause.retryAfter === "number" ? cause.retryAfter : 0;
}

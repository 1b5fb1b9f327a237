/** Errors as what the user is told, and as exit codes. */
import { UsageError } from "../../../shared/args.ts";
import { StorageError } from "../../../shared/errors.ts";
import { ClientError } from "../../errors.ts";
import { retryAfter } from "../../network/failures.ts";
import type { Advise } from "./advice.ts";
import { NO_PAINT } from "./colour.ts";
import { printable } from "./printable.ts";

export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
/** As shells report a process that Ctrl-C has ended. */
export const EXIT_INTERRUPTED = 130;
/** As shells report a process that writes into a pipe which nobody reads. */
export const EXIT_UNREAD = 141;

const EXIT_CODES: Partial<Record<string, number>> = {
  "interrupted": EXIT_INTERRUPTED,
  "output-closed": EXIT_UNREAD,
};

/** What a failed command says: a code for scripts, a message for people. */
interface Failure {
  code: string;
  message: string;
  exitCode: number;
  /** Milliseconds until the same may succeed, where that is known. */
  retryAfter?: number;
}

/** Returns what to say of any error. */
export function failureOf(error: unknown, advise: Advise = (text) => text): Failure {
  if (error instanceof UsageError) {
    const { message, help } = error;
    const advice = help === null ? "" : `\nTry: messaging-client ${help}`;
    return { code: "usage", message: message + advice, exitCode: EXIT_USAGE };
  }
  if (error instanceof ClientError || error instanceof StorageError) {
    const exitCode = EXIT_CODES[error.code] ?? EXIT_FAILED;
    const wait = error instanceof StorageError ? error.retryAfter : retryAfter(error);
    return {
      code: error.code,
      message: advise(error.message),
      exitCode,
      ...wait && { retryAfter: wait },
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: "internal", message, exitCode: EXIT_FAILED };
}

/** Returns the lines for standard error, without a line end. */
export function failureText(
  { code, message, retryAfter }: Failure,
  json: boolean,
  paint = NO_PAINT,
): string {
  if (json) return JSON.stringify({ error: { code, message, retryAfter } });
  return `${paint.bad("messaging-client:")} ${printable(message)}`;
}

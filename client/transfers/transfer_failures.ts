/** What the failure of a transfer means: whether it can go on, and what to tell. */
import { ClientError, type ClientErrorCode } from "../errors.ts";
import { durationText, fullFor, retryAfter } from "../network/failures.ts";
import type { Transfer } from "../profile/tables/transfers.ts";
import type { Wait } from "../profile/tables/wait.ts";

/** What no further attempt can mend. */
const FINAL: readonly ClientErrorCode[] = ["changed", "gone", "bad-key"];
/** What stops the other transfers, too. */
const NETWORK: readonly ClientErrorCode[] = ["unreachable", "bad-response", "wrong-server"];

/** Reports whether no further attempt can bring the transfer to its end. */
export function isFinal(error: ClientError): boolean {
  if (fullFor(error) !== undefined) return false;
  return FINAL.includes(error.code) || error.code === "refused" && retryAfter(error) === 0;
}

/** Reports whether the other transfers would fail, too: by the network. */
export function stopsOthers(error: ClientError): boolean {
  if (NETWORK.includes(error.code)) return true;
  return error.code === "queued" && error.cause instanceof ClientError &&
    NETWORK.includes(error.cause.code);
}

/** Returns the same error with what failed, and with whom. */
export function failed(error: ClientError, transfer: Transfer, peer: string): ClientError {
  return new ClientError(error.code, `${whatOf(transfer, peer)} failed: ${error.message}`, {
    cause: error,
  });
}

/** Returns why a transfer has to wait after this failure; null if it may be tried at once. */
export function waitAfter(error: ClientError, now: number): Wait | null {
  const milliseconds = fullFor(error);
  if (milliseconds === undefined) return null;
  return { since: now, until: now + milliseconds, reason: error.message };
}

/** Returns the error for one that is too early: the server said when to come back. */
export function tooEarly(wait: Wait, now: number, transfer: Transfer, peer: string): ClientError {
  const text = `${whatOf(transfer, peer)} waits: ${wait.reason}. It goes on with the first ` +
    `receive or send-file after ${durationText(wait.until - now)}`;
  return new ClientError("queued", text);
}

/** Returns the same error with what stopped, and that it can go on. */
export function resumable(error: ClientError, transfer: Transfer, peer: string): ClientError {
  const text = `${whatOf(transfer, peer)} stopped: ${error.message}. It goes on from there with ` +
    "the next receive or send-file";
  const isQueued = transfer.direction === "up" && error.code === "unreachable";
  return new ClientError(isQueued ? "queued" : error.code, text, { cause: error });
}

function whatOf({ number, name, direction }: Transfer, peer: string): string {
  const what = direction === "up" ? `sending ${name} to ${peer}` : `fetching ${name} from ${peer}`;
  return `${what} (transfer ${number})`;
}

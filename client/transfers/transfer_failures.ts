/** What the failure of a transfer means: whether it can go on, and what to tell. */
import { ClientError, type ClientErrorCode } from "../errors.ts";
import { retryAfter } from "../network/failures.ts";
import type { Transfer } from "../profile/tables/transfers.ts";

/** What no further attempt can mend. */
const FINAL: readonly ClientErrorCode[] = ["changed", "gone", "bad-key"];
/** What stops the other transfers, too. */
const NETWORK: readonly ClientErrorCode[] = ["unreachable", "bad-response", "wrong-server"];

/** Reports whether no further attempt can bring the transfer to its end. */
export function isFinal(error: ClientError): boolean {
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

/** What to tell of messages that could not be opened, and what to do with them. */
import { toHex } from "../../shared/bytes.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import type { Peer } from "../contacts/peers.ts";
import { ClientError, type ClientErrorCode } from "../errors.ts";
import { mayPass } from "../network/failures.ts";
import type { Envelope } from "../profile/tables/envelopes.ts";
import type { Flaw } from "../sessions/secure_opener.ts";
import type { Received } from "./received.ts";

/** Failures to answer a message that no further attempt can mend. */
const FINAL = new Set<ClientErrorCode>(
  ["bad-key", "refused", "wrong-identity", "not-needed", "no-prekeys"],
);

const TYPE_NAMES: Record<MessageType, string> = {
  [MessageType.keyRequest]: "request for a key",
  [MessageType.key]: "key",
  [MessageType.text]: "text",
  [MessageType.file]: "file",
};

/** A message that could not be opened. */
export interface Problem {
  /** "unreadable" until a key comes, "left" until the next run. */
  readonly state: "unreadable" | "left";
  readonly received: Received;
}

/** Reports whether the server, or the way to it, has failed, or it wants to be asked later. */
export function isForLater(error: unknown): boolean {
  const isNetwork = error instanceof ClientError &&
    (error.code === "unreachable" || error.code === "bad-response");
  return isNetwork || mayPass(error);
}

/**
 * Returns what to tell of a message that could not be opened.
 * @throws {unknown} `error`, if it is no fault of the message
 */
export function problemOf(error: unknown, { messageId, type }: Envelope, from: Peer): Problem {
  const what = `message ${messageId} from ${from.name}, a ${TYPE_NAMES[type]},`;
  const problem = (state: Problem["state"], code: ClientErrorCode, text: string): Problem => {
    const error = new ClientError(code, `${what} ${text}`);
    return { state, received: { message: messageId, from, type: "problem", error } };
  };
  if (!(error instanceof ClientError) || mayPass(error)) throw error;
  if (error.code === "cannot-decrypt") return problem("unreadable", error.code, error.message);
  if (FINAL.has(error.code)) {
    return problem("unreadable", error.code, `cannot be answered: ${error.message}`);
  }
  if (error.code !== "file") throw error;
  return problem("left", "file", `is kept for the next run: ${error.message}`);
}

/** Counts the messages that are of no use, so that a flood of them is told of in one line. */
export class Unusable {
  readonly #counts = new Map<string, { from: Peer; flaw: Flaw; count: number }>();

  add(from: Peer, flaw: Flaw): void {
    const key = `${toHex(from.id)} ${flaw}`;
    const count = (this.#counts.get(key)?.count ?? 0) + 1;
    this.#counts.set(key, { from, flaw, count });
  }

  /** Tells of those since the last call: one for each sender and flaw. */
  *take(): Generator<Received> {
    const all = [...this.#counts.values()];
    this.#counts.clear();
    for (const each of all) yield { message: 0, type: "unusable", ...each };
  }
}

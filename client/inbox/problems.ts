/** What to tell of messages that could not be opened, and what to do with them. */
import { MessageType } from "../../shared/protocol/codes.ts";
import type { Peer } from "../contacts/peers.ts";
import { ClientError, type ClientErrorCode } from "../errors.ts";
import { mayPass } from "../network/failures.ts";
import type { Envelope } from "../profile/tables/envelopes.ts";
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

/** Tells of a message that was opened and that nobody here understands. */
export function senseless({ messageId, type }: Envelope, from: Peer): Received {
  const text = `message ${messageId} from ${from.name}, a ${TYPE_NAMES[type]}, makes no ` +
    "sense here; perhaps it was made by a newer client";
  const error = new ClientError("cannot-decrypt", text);
  return { message: messageId, from, type: "problem", error };
}

/** Tells of a message that could not be opened, and that its sender is asked for again. */
export function askedAgain({ messageId }: Envelope, from: Peer): Received {
  const text = `message ${messageId} from ${from.name} could not be opened; ` +
    `${from.name} is asked to send it again`;
  return { message: messageId, from, type: "notice", text };
}

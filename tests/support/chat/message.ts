import type { Message } from "../../../client/tui/link/model.ts";

/** Returns a message of 2026-11-26, 10:00 UTC, which another client wrote. */
export function chatMessage(some: Partial<Message> = {}): Message {
  return {
    ...{ number: 1, peer: "01", sent: false, at: Date.UTC(2026, 10, 26, 10), state: "received" },
    ...{ text: "text", file: null, reply: null, edited: false, deleted: false },
    ...{ delivered: false, read: false, own: null, reaction: null },
    ...some,
  };
}

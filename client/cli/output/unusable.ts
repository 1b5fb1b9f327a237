/** Messages that are of no use: what the user is told of them. */
import type { MarkedPeer } from "../../contacts/contact_book.ts";
import type { Flaw } from "../../sessions/secure_opener.ts";
import type { Advise } from "./advice.ts";
import { shownName } from "./printable.ts";

/** Messages of one client that came together, and have the same flaw. */
export interface UnusableMessages {
  readonly from: MarkedPeer;
  readonly flaw: Flaw;
  readonly count: number;
}

/** Returns what is done, or can be done, about it: `them` is "it" or "them". */
type Next = (from: string, them: string, advise: Advise) => string;

/** What is wrong with one message, and with several. */
const TEXTS: Record<Flaw, { one: string; several: string; next: Next }> = {
  "unreadable": {
    one: "could not be opened",
    several: "could not be opened",
    next: askAgain,
  },
  "lost": {
    one: "was lost by the server",
    several: "were lost by the server",
    next: askAgain,
  },
  "unknown-form": {
    one: "has a form that is not known here",
    several: "have a form that is not known here",
    next: askAfterUpdate,
  },
  "too-large": {
    one: "is larger than a message may be, and was not opened",
    several: "are larger than a message may be, and were not opened",
    next: (from, them) => `${from} can send ${them} as a file`,
  },
  "undecryptable": {
    one: "could not be decrypted, as no key fits, and was dropped",
    several: "could not be decrypted, as no key fits, and were dropped",
    next: (from, them, advise) =>
      advise(`to get ${them} again: messaging-client send-key, `) +
      `then ask ${from} to send ${them} again`,
  },
  "senseless": {
    one: "makes no sense here",
    several: "make no sense here",
    next: askAfterUpdate,
  },
  "bad-reset": {
    one: "asks for a new session in a way that is not valid",
    several: "ask for a new session in a way that is not valid",
    next: () => "nothing was done",
  },
};

function askAgain(from: string, them: string): string {
  const comes = them === "it" ? "it comes" : "they come";
  return `${from} is asked to send ${them} again, and ${comes} after ${from} has received that`;
}

function askAfterUpdate(from: string, them: string): string {
  return `a newer client may be needed; after an update ask ${from} to send ${them} again`;
}

export function unusableText(
  { from, flaw, count }: UnusableMessages,
  advise: Advise,
): string {
  const { one, several, next } = TEXTS[flaw];
  const name = shownName(from);
  if (count === 1) return `a message from ${name} ${one}; ${next(name, "it", advise)}`;
  return `${count} messages from ${name} ${several}; ${next(name, "them", advise)}`;
}

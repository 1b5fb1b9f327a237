import { toHex } from "../shared/bytes.ts";
import type { Peer, Peers } from "./contacts/peers.ts";
import type { Profile } from "./profile/profile.ts";
import type { OutboxItem } from "./profile/tables/outbox.ts";
import type { Wait } from "./profile/tables/wait.ts";

/** A message that was written here and is not on the server. Times: milliseconds since 1970. */
export interface WaitingMessage {
  /** The number of its entry in the history. */
  readonly entry: number;
  readonly to: Peer;
  readonly what: "text" | "file";
  /** When it was written. */
  readonly since: number;
  /** Why it waits. */
  readonly reason: string;
  /** When it may be sent again; null if at any time. */
  readonly retryAt: number | null;
}

/** Yields the texts, and the announcements of files, that wait in the outbox, in their order. */
export function* waitingMessages(profile: Profile, peers: Peers): Generator<WaitingMessage> {
  /** Of the first message to each receiver, in hex: those behind it wait for it. */
  const waits = new Map<string, Wait | undefined>();
  for (let after = 0;;) {
    const items = profile.outbox.first(after);
    if (items.length === 0) return;
    for (const item of items) {
      const id = toHex(item.to);
      if (!waits.has(id)) waits.set(id, item.wait);
      const entry = item.history === null ? undefined : profile.history.entry(item.history);
      if (!entry) continue;
      const wait = waits.get(id);
      const to = peers.known(item.to) ?? { id: item.to, name: id };
      yield {
        entry: entry.number,
        to,
        what: "text" in entry.body ? "text" : "file",
        since: entry.stored,
        reason: wait?.reason ?? reasonOf(item, to, profile),
        retryAt: wait?.until ?? null,
      };
    }
    after = items[items.length - 1].number;
  }
}

function reasonOf({ to, content }: OutboxItem, { name }: Peer, profile: Profile): string {
  if (!profile.secureIdentity && !profile.keys.sending(to)) return `${name} has not sent a key yet`;
  if (content.length === 0) return `a new session with ${name} begins first`;
  return "the server could not be reached, or has not answered";
}

import { isStranger } from "../contacts/strangers.ts";
import type { Peer, Peers } from "../contacts/peers.ts";
import { durationText } from "../network/failures.ts";
import type { Profile } from "../profile/profile.ts";
import type { HistoryEntry } from "../profile/tables/history_entry.ts";
import type { Change } from "../sessions/changes.ts";
import type { Repaired } from "../sessions/resets.ts";
import type { TransferOutcome } from "../transfers/file_transfers.ts";
import type { Lost } from "../transfers/settling.ts";
import type { Received } from "./received.ts";

/** Entries that are read at a time. */
const PAGE = 256;
/** Lost messages that are named one by one. */
const MAX_NAMED = 5;

/** Shows what was opened, once and in its order, even if the process ended in between. */
export class ShownMessages {
  /** The entries that somebody is showing, by number: nobody else shows them meanwhile. */
  readonly #showing = new Set<number>();

  /** With `later` nothing of the history is shown: it waits for somebody who does. */
  constructor(
    private readonly profile: Profile,
    private readonly peers: Peers,
    private readonly later = false,
  ) {}

  /** Shows everything that is in the history and was not shown yet. */
  async *unshown(): AsyncGenerator<Received> {
    if (this.later) return;
    const { history, shown } = this.profile;
    try {
      for (let after = 0, entries; (entries = history.unshown(PAGE, after)).length > 0;) {
        for (const entry of entries) {
          after = entry.number;
          yield* this.#show(entry, this.peers.withId(entry.peer));
        }
      }
    } finally {
      shown.settle();
    }
  }

  /** Shows an entry that was just added and has not changed since. Settle the notes later. */
  *added(entry: HistoryEntry, from: Peer): Generator<Received> {
    if (!this.later) yield* this.#show(entry, from);
  }

  *entry(number: number, from: Peer): Generator<Received> {
    if (this.later) return;
    const entry = this.profile.history.entry(number);
    if (entry) yield* this.#show(entry, from);
    else this.#markShown(number);
  }

  *#show(entry: HistoryEntry, from: Peer): Generator<Received> {
    const { number } = entry;
    const { history, shown } = this.profile;
    if (this.#showing.has(number) || shown.has(number) || !history.isUnshown(number)) return;
    this.#showing.add(number);
    try {
      yield this.#received(entry, from);
      // A file is to be shown again when it was saved.
      if ("text" in entry.body) shown.add(number);
      else this.#markShown(number);
    } finally {
      this.#showing.delete(number);
    }
  }

  /** Tells that a message is another now. */
  *change(change: Change, from: Peer): Generator<Received> {
    const entry = this.profile.history.entry(change.entry);
    const head = { message: 0, from, entry: change.entry };
    if (change.what === "reaction") yield { ...head, type: "reaction", emoji: change.emoji };
    else if (change.what === "deleted") yield { ...head, type: "deleted" };
    else if (entry && "text" in entry.body) {
      yield { ...head, type: "edited", text: entry.body.text };
    }
  }

  /** Tells what became of a transfer that went on. A file that was saved is in the history. */
  async *outcome(outcome: TransferOutcome): AsyncGenerator<Received> {
    const { name, peer } = outcome.transfer;
    switch (outcome.kind) {
      case "saved":
        return yield* this.unshown();
      case "sent": {
        const { messageId: message, to: from } = outcome;
        const text = `${name} is on the server for ${from.name}`;
        return yield { message, from, type: "notice", text };
      }
      case "lost": {
        const to = this.peers.withId(peer);
        const what = `${name} to ${to.name} (transfer ${outcome.transfer.number})`;
        return yield { message: 0, from: to, type: "notice", text: lostText(what, outcome) };
      }
      case "problem": {
        const from = this.peers.withId(peer);
        yield { message: 0, from, type: "problem", error: outcome.error };
      }
    }
  }

  /** Tells which messages to `from` did not get through, and whether they are sent again. */
  *repaired(from: Peer, { again, lost }: Repaired): Generator<Received> {
    const texts = [
      again.length > 0 &&
      `${lostMessages(again, from)}. The client sends ${again.length === 1 ? "it" : "them"} again`,
      lost.length > 0 &&
      `${lostMessages(lost, from)}. Send such a file again: messaging-client send-file`,
    ];
    for (const text of texts) if (text) yield { message: 0, from, type: "notice", text };
  }

  *notices(texts: readonly string[] = []): Generator<Received> {
    const from = this.profile.identity;
    for (const text of texts) yield { message: 0, from, type: "notice", text };
  }

  /** Nobody waits for the disk: to show something twice after a crash does no harm. */
  #markShown(number: number): void {
    this.profile.transaction(() => this.profile.history.markShown(number), { durable: false });
  }

  #received({ number, messageId, at, body }: HistoryEntry, from: Peer): Received {
    const isNew = this.profile.history.beginsWith(number, from.id) &&
      isStranger(this.profile, from.id);
    const head = {
      message: messageId ?? 0,
      entry: number,
      from,
      ...isNew && { firstContact: true as const },
    };
    if ("text" in body) return { ...head, type: "text", text: body.text, at };
    if ("timer" in body) return { ...head, type: "timer", seconds: body.timer, at };
    if ("unknown" in body) return { ...head, type: "unknown", kind: body.unknown, at };
    if (!("file" in body)) throw new TypeError("it is not to be shown");
    const { name, path, size, blob } = body.file;
    if (!blob) return { ...head, type: "file", path: path ?? "", size, at };
    const transfer = this.profile.transfers.ofHistory(number)?.number ?? 0;
    if (path === null) return { ...head, type: "announced", name, size, at, transfer };
    return { ...head, type: "file", path, size, at, name, transfer };
  }
}

/** Returns what happened to "message 5", to "messages 5, 6 and 9", or to "260 messages". */
function lostMessages(ids: readonly number[], { name }: Peer): string {
  const [last, ...others] = ids.toReversed();
  const [what, it] = ids.length === 1
    ? [`message ${last}`, "it"]
    : ids.length <= MAX_NAMED
    ? [`messages ${others.toReversed().join(", ")} and ${last}`, "them"]
    : [`${ids.length} messages`, "them"];
  return `${what} to ${name} did not get through: the server had lost ${it}, or ${name} could ` +
    `not open ${it}`;
}

function lostText(what: string, { reason, wait }: Lost): string {
  if (reason !== null) return `${what} has failed: ${reason}`;
  const lost = `the server had lost a part of ${what};`;
  if (!wait) return `${lost} it was sent again`;
  const when = `the first receive after ${durationText(wait.until - wait.since)}`;
  return `${lost} it is sent again with ${when}: ${wait.reason}`;
}

import { type Bytes, toHex } from "../../shared/bytes.ts";
import type { MessageHead } from "../../shared/protocol/message.ts";
import type { Peers } from "../contacts/peers.ts";
import type { DeclinedWhy, Received } from "./received.ts";

/** Counts contents that were not kept, so that a flood of them is told of in one line. */
export class Declined {
  readonly #counts = new Map<string, Entry>();
  /** The IDs of messages on the server, which brings them again. */
  readonly #onServer = new Set<number>();
  /** The largest of them; 0 if there is none. */
  lastOnServer = 0;

  /** Notes the content of a message. */
  add({ from, size, messageId }: MessageHead, why: DeclinedWhy): void {
    if (why === "unwanted" && this.#onServer.has(messageId)) return;
    if (why === "unwanted") {
      this.#onServer.add(messageId);
      this.lastOnServer = Math.max(this.lastOnServer, messageId);
    }
    const key = `${toHex(from)} ${why}`;
    const { count = 0, size: before = 0 } = this.#counts.get(key) ?? {};
    this.#counts.set(key, { from, why, count: count + 1, size: before + size });
  }

  /** Tells of those since the last call: one for each sender and reason. */
  async *take(peers: Peers): AsyncGenerator<Received> {
    const all = [...this.#counts.values()];
    this.#counts.clear();
    for (const { from: id, ...rest } of all) {
      const from = peers.withId(id);
      yield { message: 0, type: "declined", from, ...rest };
    }
  }
}

interface Entry {
  readonly from: Bytes;
  readonly why: DeclinedWhy;
  readonly count: number;
  readonly size: number;
}

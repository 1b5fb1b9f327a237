/** The {@link Leases} of one process: kept in memory, so that a restart ends them, as it should. */
import { type Bytes, toHex } from "../../../shared/bytes.ts";
import type { Lease, Leases, Room } from "../storage.ts";
import type { SqliteFile } from "./database.ts";
import type { SqliteMailboxes } from "./mailboxes.ts";

/** The leased messages of one mailbox. */
class Leased {
  /** The lease that holds each message, by its ID. */
  readonly leases = new Map<number, Lease>();
  /** Up to this ID no message waits: each is leased or gone. */
  upTo = 0;
}

export class SqliteLeases implements Leases {
  /** By the ID of the mailbox, in hex. */
  readonly #leased = new Map<string, Leased>();

  constructor(private readonly file: SqliteFile, private readonly mailboxes: SqliteMailboxes) {}

  take(mailbox: Bytes, room: Room): Promise<Lease> {
    return this.file.read(() => {
      const key = toHex(mailbox);
      const leased = this.#leased.get(key) ?? new Leased();
      const { leases, upTo } = leased;
      const messages = this.mailboxes.select(mailbox, upTo, room, (id) => leases.has(id));
      const lease = { mailbox, messages };
      for (const { messageId } of messages) {
        leases.set(messageId, lease);
        leased.upTo = messageId;
      }
      if (messages.length > 0) this.#leased.set(key, leased);
      return lease;
    });
  }

  async remove(lease: Lease, messages = lease.messages): Promise<void> {
    try {
      const leases = this.#leased.get(toHex(lease.mailbox))?.leases;
      const held = messages.filter(({ messageId }) => leases?.get(messageId) === lease);
      await this.mailboxes.acknowledge(lease.mailbox, held.map(({ messageId }) => messageId));
    } finally {
      await this.release(lease);
    }
  }

  release(lease: Lease): Promise<void> {
    const key = toHex(lease.mailbox);
    const leased = this.#leased.get(key);
    for (const { messageId } of leased ? lease.messages : []) {
      if (leased?.leases.get(messageId) !== lease) continue;
      leased.leases.delete(messageId);
      leased.upTo = Math.min(leased.upTo, messageId - 1);
    }
    if (leased?.leases.size === 0) this.#leased.delete(key);
    return Promise.resolve();
  }
}

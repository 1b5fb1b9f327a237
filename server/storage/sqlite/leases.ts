/** The {@link Leases} of one process: kept in memory, so that a restart ends them, as it should. */
import { type Bytes, toHex } from "../../../shared/bytes.ts";
import { MESSAGE_HEAD_SIZE } from "../../../shared/protocol/message.ts";
import type { Lease, Leases, Room, StoredMessage } from "../messages.ts";
import type { SqliteFile } from "./database.ts";
import { type SqliteMailboxes, STEP } from "./mailboxes.ts";

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

  async take(mailbox: Bytes, room: Room): Promise<Lease> {
    const lease = { mailbox, messages: [] as StoredMessage[] };
    const left = { ...room };
    try {
      await this.file.readInSteps(() => this.#takeSome(lease, left));
      return lease;
    } catch (error) {
      await this.release(lease);
      throw error;
    }
  }

  /** Adds the next messages to `lease`. Returns whether there may be more that fit into `room`. */
  #takeSome(lease: { mailbox: Bytes; messages: StoredMessage[] }, room: Room): boolean {
    const key = toHex(lease.mailbox);
    const leased = this.#leased.get(key) ?? new Leased();
    const more = this.mailboxes.scan(lease.mailbox, leased.upTo, STEP, (message) => {
      const { messageId, size } = message;
      if (!leased.leases.has(messageId)) {
        room.size -= MESSAGE_HEAD_SIZE + size;
        if (room.size < 0 || lease.messages.length >= room.count) return false;
        lease.messages.push(message);
        leased.leases.set(messageId, lease);
      }
      leased.upTo = messageId;
      return true;
    });
    if (leased.leases.size > 0) this.#leased.set(key, leased);
    return more;
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

import { type Bytes, fromUtf8 } from "../../../shared/bytes.ts";
import { MiB } from "../../../shared/limits.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { SealedStore } from "../sealing/sealed_store.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";
import type { Wait } from "./wait.ts";

/** A message as it goes to the server (request 103), once there is a key in a classic profile. */
export interface OutboxItem {
  /** Its number here, in the order of sending. */
  readonly number: number;
  /** The receiver's ID. */
  readonly to: Bytes;
  readonly type: number;
  /** 16 bytes, the same with each repeat; none in a classic profile. */
  readonly token: Bytes;
  /**
   * Sealed, or empty until it is; in a classic profile a text, the path of a file, or the name of a
   * copy of one.
   */
  readonly content: Bytes;
  /** The number of its entry in the history, if it has one. */
  readonly history: number | null;
  /** Why the server did not take it yet, if it has refused it for now. */
  readonly wait?: Wait;
}

type Row = Omit<OutboxItem, "number">;

/** Items that are read at once unless the caller says otherwise. */
const PAGE = 64;
/** Items, and bytes of their contents, that are sent together. */
const BATCH = 256;
const BATCH_SIZE = 4 * MiB;
/** Items, and bytes of them, that are sent without being read from the disk again. */
const MAX_IN_MEMORY = 8_192;
const MAX_MEMORY = 8 * MiB;

export const OUTBOX: SealedTable<object> = {
  name: "outbox",
  schema: `
    CREATE TABLE outbox (
      number INTEGER PRIMARY KEY, -- in the order of sending
      sealed BLOB NOT NULL
    ) STRICT;
  `,
  key: "number",
  tags: {},
};

/**
 * What is about to be sent: a message is kept in the same step that advances its session, and stays
 * until the server has it. A repeat sends the same bytes. In a classic profile: messages that wait
 * for the receiver's key, not encrypted yet.
 */
export class Outbox extends SealedStore<Row, OutboxItem> {
  protected readonly table = OUTBOX;
  /** The largest number that was seen here. */
  #largest = 0;
  /** Those that were put here in this run, by their numbers. */
  readonly #recent = new Map<number, OutboxItem>();
  #recentSize = 0;

  /** Keeps an item behind all others; returns its number. */
  put({ to, type, token, content, history }: Row): number {
    return this.transaction(() => {
      // No number is used twice: a reader that continues behind the last item must find this one.
      const number = Math.max(this.nextNumber(), this.#largest + 1);
      this.addRow({ number }, { to, type, token, content, history });
      this.#largest = number;
      // No number comes again, so it does no harm if the transaction is undone.
      this.#remember({ number, to, type, token, content, history });
      return number;
    });
  }

  #remember(item: OutboxItem): void {
    const size = this.#recentSize + item.content.length;
    if (this.#recent.size >= MAX_IN_MEMORY || size > MAX_MEMORY) return;
    this.#recent.set(item.number, item);
    this.#recentSize = size;
  }

  #forget(number: number): void {
    this.#recentSize -= this.#recent.get(number)?.content.length ?? 0;
    this.#recent.delete(number);
  }

  /** Returns the first items behind number `after` that are sent together, in their order. */
  batch(after: number): OutboxItem[] {
    const sql = `SELECT number FROM outbox WHERE number > ? ORDER BY number LIMIT ${BATCH}`;
    const items: OutboxItem[] = [];
    let size = 0;
    for (const { number } of this.statement(sql).all<{ number: number }>(after)) {
      const item = this.#recent.get(number) ?? { ...this.findRow(number)!, number };
      items.push(item);
      if ((size += item.content.length) >= BATCH_SIZE) break;
    }
    this.#largest = Math.max(this.#largest, items.at(-1)?.number ?? 0);
    return items;
  }

  /** Returns the first items behind number `after`, at most `limit`, in their order. */
  first(after = 0, limit = PAGE): OutboxItem[] {
    const items = this.rows("WHERE number > ? ORDER BY number LIMIT ?", after, limit);
    this.#largest = Math.max(this.#largest, items.at(-1)?.number ?? 0);
    return items;
  }

  /** Returns the names of the copies in the folder `outgoing` that a classic profile needs. */
  copies(): Set<string> {
    return new Set(this.rows("").filter(isCopied).map(({ content }) => fromUtf8(content)));
  }

  /** Sets what is sent as this item, which must be there. */
  setContent(number: number, content: Bytes): void {
    this.#forget(number);
    this.transaction(() => {
      const row = this.findRow(number);
      if (!row) throw new RangeError(`there is no item ${number}`);
      this.putRow({ number }, { ...row, content });
    });
  }

  /** Notes that the server refused an item for now. One that is gone stays so. */
  setWait(number: number, wait: Wait): void {
    this.#forget(number);
    this.transaction(() => {
      const row = this.findRow(number);
      if (row) this.putRow({ number }, { ...row, wait });
    });
  }

  /** Removes an item that the server has, or will never take. */
  remove(number: number): void {
    this.#forget(number);
    this.run("DELETE FROM outbox WHERE number = ?", number);
  }

  /** Removes all items, because their sender no longer owns the profile. */
  clear(): void {
    this.run("DELETE FROM outbox");
  }
}

/** Reports whether an item of a classic profile is a file of which the profile has a copy. */
export function isCopied({ type, content }: OutboxItem): boolean {
  return type === MessageType.file && !/[\\/]/.test(fromUtf8(content));
}

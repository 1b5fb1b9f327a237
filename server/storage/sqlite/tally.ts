/**
 * What the operations of one transaction change about how many messages and tokens are stored. It
 * is summed up in memory, and written at the end of the transaction: once for each client and in
 * all, and not for each message. So the counts in the database are right after every commit.
 */
import { type Bytes, toHex } from "../../../shared/bytes.ts";
import { MESSAGE_OVERHEAD, TOKEN_OVERHEAD } from "../storage_options.ts";
import { type SqliteFile, Table } from "./database.ts";
import type { Ending } from "./group_commit.ts";
import type { Mailbox, SqliteOccupancy } from "./occupancy.ts";

/** What changes about what counts for a client. */
interface ClientTally {
  readonly id: Bytes;
  bytes: number;
  tokens: number;
}

/** A message that comes or goes. */
export interface Tallied {
  /** The number of its mailbox. */
  mailbox: number;
  /** For whom it counts. */
  payer: Bytes;
  size: number;
  /** 1 if it counts in the table `shares`, else 0. */
  counted: number;
}

export class SqliteTally extends Table<keyof typeof STATEMENTS> implements Ending {
  /** By IDs in hex. */
  readonly #clients = new Map<string, ClientTally>();
  #bytes = 0;
  #messages = 0;
  #messageBytes = 0;

  constructor(file: SqliteFile, private readonly occupancy: SqliteOccupancy) {
    super(file, STATEMENTS);
    file.endWith(this);
  }

  /** Bytes that count for all together besides those in the database. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Returns what changes about what counts for a client, its ID in hex, if something does. */
  client(id: string): Readonly<ClientTally> | undefined {
    return this.#clients.get(id);
  }

  /** Counts a message that is stored under `id`. To be called inside a write, like all below. */
  addMessage(message: Tallied, id: number): void {
    this.#count(message, 1).last = id;
  }

  /** Counts a message that was deleted. */
  removeMessage(message: Tallied): void {
    this.#count(message, -1);
  }

  addToken(sender: Bytes): void {
    this.#charge(sender, TOKEN_OVERHEAD).tokens++;
  }

  removeToken(sender: Bytes): void {
    this.#charge(sender, -TOKEN_OVERHEAD).tokens--;
  }

  /** Writes all of it. To be called at the end of each transaction, before {@link end}. */
  write(): void {
    for (const { id, bytes, tokens } of this.#clients.values()) {
      if (bytes > 0) this.statements.grow.run(id, bytes, tokens);
      else if (bytes < 0 || tokens !== 0) this.statements.shrink.run(bytes, tokens, id);
    }
    if (this.#clients.size > 0) {
      this.statements.all.run(this.#bytes, this.#messages, this.#messageBytes);
    }
  }

  end(): void {
    this.#clients.clear();
    this.#bytes = this.#messages = this.#messageBytes = 0;
  }

  #count({ mailbox, payer, size, counted }: Tallied, sign: 1 | -1): Mailbox {
    this.#charge(payer, sign * (MESSAGE_OVERHEAD + size));
    this.#messages += sign;
    this.#messageBytes += sign * size;
    if (counted === 1) this.occupancy.countShare(mailbox, payer, sign, sign * size);
    return this.occupancy.count(mailbox, sign, sign * size);
  }

  #charge(id: Bytes, bytes: number): ClientTally {
    this.#bytes += bytes;
    const key = toHex(id);
    let client = this.#clients.get(key);
    if (!client) this.#clients.set(key, client = { id, bytes: 0, tokens: 0 });
    client.bytes += bytes;
    return client;
  }
}

const STATEMENTS = {
  grow: "INSERT INTO usage (client, bytes, tokens) VALUES (?, ?, ?) " +
    "ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes, tokens = tokens + excluded.tokens",
  shrink: "UPDATE usage SET bytes = bytes + ?, tokens = tokens + ? WHERE client = ?",
  all: "UPDATE totals SET bytes = bytes + ?, messages = messages + ?, " +
    "message_bytes = message_bytes + ?",
};

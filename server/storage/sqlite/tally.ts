/**
 * What the operations of one transaction change about how many messages and tokens are stored. It
 * is summed up in memory, and written at the end of the transaction: once for each client and
 * mailbox, and not for each message. So the counts in the database are right after every commit.
 */
import { type Bytes, toHex } from "../../../shared/bytes.ts";
import { MESSAGE_OVERHEAD, TOKEN_OVERHEAD } from "../storage_options.ts";
import { type SqliteFile, Table } from "./database.ts";
import type { Ending } from "./group_commit.ts";

/** What changes about a mailbox. */
export interface MailboxTally {
  messages: number;
  /** Of content. */
  bytes: number;
  /** The highest message ID that was given; 0 if none was. */
  last: number;
}

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
  /** By numbers. */
  readonly #mailboxes = new Map<number, MailboxTally>();
  #bytes = 0;
  #messages = 0;
  #messageBytes = 0;

  constructor(file: SqliteFile) {
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

  /** Returns what changes about a mailbox, if something does. */
  mailbox(number: number): MailboxTally | undefined {
    return this.#mailboxes.get(number);
  }

  /** Counts a message that is stored under `id`. To be called inside a write, like all below. */
  addMessage(message: Tallied, id: number): void {
    this.#count(message, 1).last = id;
    const { mailbox, payer, size, counted } = message;
    if (counted === 1) this.statements.growShare.run(mailbox, payer, size);
  }

  /** Counts a message that was deleted. */
  removeMessage(message: Tallied): void {
    this.#count(message, -1);
    const { mailbox, payer, size, counted } = message;
    if (counted === 0) return;
    this.statements.shrinkShare.run(size, mailbox, payer);
    this.statements.endShare.run(mailbox, payer);
  }

  addToken(sender: Bytes): void {
    this.#charge(sender, TOKEN_OVERHEAD).tokens++;
  }

  removeToken(sender: Bytes): void {
    this.#charge(sender, -TOKEN_OVERHEAD).tokens--;
  }

  /** Writes all of it. To be called at the end of each transaction, before {@link clear}. */
  write(): void {
    for (const { id, bytes, tokens } of this.#clients.values()) {
      if (bytes > 0) this.statements.grow.run(id, bytes, tokens);
      else if (bytes < 0 || tokens !== 0) this.statements.shrink.run(bytes, tokens, id);
    }
    for (const [number, { messages, bytes, last }] of this.#mailboxes) {
      this.statements.mailbox.run(messages, bytes, last, number);
    }
    if (this.#clients.size > 0) {
      this.statements.all.run(this.#bytes, this.#messages, this.#messageBytes);
    }
  }

  clear(): void {
    this.#clients.clear();
    this.#mailboxes.clear();
    this.#bytes = this.#messages = this.#messageBytes = 0;
  }

  #count({ mailbox: number, payer, size }: Tallied, sign: 1 | -1): MailboxTally {
    this.#charge(payer, sign * (MESSAGE_OVERHEAD + size));
    this.#messages += sign;
    this.#messageBytes += sign * size;
    let mailbox = this.#mailboxes.get(number);
    if (!mailbox) this.#mailboxes.set(number, mailbox = { messages: 0, bytes: 0, last: 0 });
    mailbox.messages += sign;
    mailbox.bytes += sign * size;
    return mailbox;
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
  growShare: "INSERT INTO shares VALUES (?, ?, 1, ?) " +
    "ON CONFLICT DO UPDATE SET messages = messages + 1, bytes = bytes + excluded.bytes",
  shrinkShare: "UPDATE shares SET messages = messages - 1, bytes = bytes - ? " +
    "WHERE mailbox = ? AND client = ?",
  endShare: "DELETE FROM shares WHERE mailbox = ? AND client = ? AND messages = 0",
  mailbox: "UPDATE clients SET messages = messages + ?, bytes = bytes + ?, " +
    "last_message = max(last_message, ?) WHERE number = ?",
  all: "UPDATE totals SET bytes = bytes + ?, messages = messages + ?, " +
    "message_bytes = message_bytes + ?",
};

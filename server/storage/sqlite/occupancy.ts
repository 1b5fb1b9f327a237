/**
 * How full each mailbox is, and what each sender holds of it. Every deposit asks for both, so they
 * are remembered as the transaction that is under way leaves them, and written at its end: once for
 * each mailbox and sender, and not for each message. Nothing else changes these rows.
 */
import { type Bytes, toHex } from "../../../shared/bytes.ts";
import { known } from "../storage.ts";
import { type SqliteFile, Table } from "./database.ts";
import type { Ending } from "./group_commit.ts";

/** A mailbox: a part of the row of its client. */
export interface Mailbox {
  readonly number: number;
  /** The highest message ID that was ever given. */
  last: number;
  messages: number;
  /** Of content. */
  bytes: number;
}

/** What of a mailbox is counted for one client. */
export interface Share {
  readonly mailbox: number;
  readonly client: Bytes;
  messages: number;
  /** Of content. */
  bytes: number;
}

/** Mailboxes, and shares, that are remembered. */
const MOST = 10_000;

export class SqliteOccupancy extends Table<keyof typeof STATEMENTS> implements Ending {
  readonly #mailboxes = new Map<number, Mailbox>();
  /** The numbers of mailboxes, by the IDs of their clients in hex. */
  readonly #numbers = new Map<string, number>();
  /** By their mailboxes and clients. */
  readonly #shares = new Map<string, Share>();
  /** What the transaction has changed. */
  readonly #changedMailboxes = new Set<Mailbox>();
  readonly #changedShares = new Set<Share>();

  constructor(file: SqliteFile) {
    super(file, STATEMENTS);
    file.endWith(this);
  }

  /**
   * Returns the mailbox of a client. To be called inside a read or write, like all below.
   * @throws {StorageError} `unknown-client`
   */
  mailboxOf(id: Bytes): Mailbox {
    const key = toHex(id);
    const number = this.#numbers.get(key);
    if (number !== undefined) return this.#mailbox(number);
    const found = known(this.statements.byId.get<Mailbox>(id));
    const mailbox = this.#mailboxes.get(found.number) ?? this.#keep(found);
    this.#numbers.set(key, mailbox.number);
    return mailbox;
  }

  /** Returns what of a mailbox is counted for `client`. */
  share(mailbox: number, client: Bytes): Share {
    const key = `${mailbox} ${toHex(client)}`;
    let share = this.#shares.get(key);
    if (!share) {
      share = this.statements.share.get<Share>(mailbox, client) ??
        { mailbox, client: client.slice(), messages: 0, bytes: 0 };
      this.#makeRoom();
      this.#shares.set(key, share);
    }
    return share;
  }

  /** Counts, inside a write, messages that come into a mailbox; that go, with negative numbers. */
  count(mailbox: number, messages: number, bytes: number): Mailbox {
    const row = this.#mailbox(mailbox);
    row.messages += messages;
    row.bytes += bytes;
    this.#changedMailboxes.add(row);
    return row;
  }

  /** Counts the same for the client that has sent them. */
  countShare(mailbox: number, client: Bytes, messages: number, bytes: number): void {
    const share = this.share(mailbox, client);
    share.messages += messages;
    share.bytes += bytes;
    this.#changedShares.add(share);
  }

  write(): void {
    for (const { number, last, messages, bytes } of this.#changedMailboxes) {
      this.statements.update.run(last, messages, bytes, number);
    }
    for (const { mailbox, client, messages, bytes } of this.#changedShares) {
      if (messages > 0) this.statements.setShare.run(mailbox, client, messages, bytes);
      else this.statements.endShare.run(mailbox, client);
    }
  }

  end(committed: boolean): void {
    this.#changedMailboxes.clear();
    this.#changedShares.clear();
    if (!committed) this.#forgetAll();
  }

  /** Looks clients up again: one has left. */
  forgetClients(): void {
    this.#numbers.clear();
  }

  #mailbox(number: number): Mailbox {
    return this.#mailboxes.get(number) ?? this.#keep(
      // Only a damaged database has messages of no mailbox.
      this.statements.byNumber.get<Mailbox>(number) ?? { number, last: 0, messages: 0, bytes: 0 },
    );
  }

  #keep(mailbox: Mailbox): Mailbox {
    this.#makeRoom();
    this.#mailboxes.set(mailbox.number, mailbox);
    return mailbox;
  }

  /** Forgets all if that is too much; what a transaction has changed must stay until its end. */
  #makeRoom(): void {
    const isFull = this.#mailboxes.size >= MOST || this.#shares.size >= MOST;
    const isChanged = this.#changedMailboxes.size > 0 || this.#changedShares.size > 0;
    if (isFull && !isChanged) this.#forgetAll();
  }

  #forgetAll(): void {
    this.#mailboxes.clear();
    this.#numbers.clear();
    this.#shares.clear();
  }
}

const MAILBOX = "SELECT number, last_message AS last, messages, bytes FROM clients";

const STATEMENTS = {
  byId: `${MAILBOX} WHERE id = ?`,
  byNumber: `${MAILBOX} WHERE number = ?`,
  update: "UPDATE clients SET last_message = ?, messages = ?, bytes = ? WHERE number = ?",
  share: "SELECT mailbox, client, messages, bytes FROM shares WHERE mailbox = ? AND client = ?",
  setShare: "INSERT OR REPLACE INTO shares (mailbox, client, messages, bytes) VALUES (?, ?, ?, ?)",
  endShare: "DELETE FROM shares WHERE mailbox = ? AND client = ?",
};

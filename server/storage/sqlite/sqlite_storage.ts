/** The {@link Storage} of one process over one SQLite file. */
import { Database, type Statement } from "@db/sqlite";
import { type Bytes, equalBytes, toHex } from "../../../shared/bytes.ts";
import { StorageError } from "../../../shared/errors.ts";
import { MAX_U32 } from "../../../shared/limits.ts";
import type { MessageType } from "../../../shared/protocol/codes.ts";
import type { Prekey } from "../../../shared/protocol/prekey.ts";
import type { CheckedIn } from "../../../shared/protocol/secure_response.ts";
import { GroupCommit } from "./group_commit.ts";
import { prepareDatabase } from "./schema.ts";
import { SqlitePrekeys } from "./sqlite_prekeys.ts";
import type { FileLimits, StorageLimits } from "../../limits/limits.ts";
import { SqliteFiles } from "./sqlite_files.ts";
import type {
  Client,
  ClientList,
  Content,
  Deposit,
  Deposited,
  Lease,
  Storage,
  StoredMessage,
} from "../storage.ts";

interface MailboxRow {
  number: number;
  last_message: number;
  messages: number;
  bytes: number;
}

interface TokenRow {
  mailbox: number;
  message: number;
}

interface MessageRow {
  id: number;
  sender: Bytes;
  type: MessageType;
  size: number;
  blob: string | null;
}

/** The leased messages of one mailbox. */
class Leased {
  /** By ID, the lease that holds the message. */
  readonly leases = new Map<number, Lease>();
  /** Up to this ID no message waits: each is leased or gone. */
  upTo = 0;
}

/** How long a token is known, in milliseconds: 8 days. */
const TOKEN_AGE = 8 * 24 * 60 * 60 * 1000;
/** Tokens that are forgotten in one transaction. */
const TOKEN_PAGE = 1000;
/** Clients in one page of a list. */
const LIST_PAGE = 512;
/** Messages looked at in one step while a lease is put together. */
const LEASE_PAGE = 1024;

export class SqliteStorage implements Storage {
  readonly files: SqliteFiles;
  readonly #database: Database;
  readonly #limits: StorageLimits;
  readonly #commits: GroupCommit;
  readonly #statements: Statements;
  readonly #prekeys: SqlitePrekeys;
  /** Leased messages by mailbox, in hex. Gone after a restart, as they should be. */
  readonly #leased = new Map<string, Leased>();
  readonly #watches = new Map<string, Set<() => void>>();
  readonly #now: () => number;
  #closed = false;

  /**
   * Opens the database at `path`, and makes it on the first run.
   * @throws {StorageError} `failed` for a database of another, or of a newer, program
   */
  constructor(
    path: string,
    { limits, now }: { limits: StorageLimits & FileLimits; now: () => number },
  ) {
    this.#database = new Database(path, { int64: true });
    this.#limits = limits;
    this.#now = now;
    prepareDatabase(this.#database);
    this.#statements = prepareStatements(this.#database);
    this.#prekeys = new SqlitePrekeys(this.#database, limits.maxOneTimePrekeys);
    this.#commits = new GroupCommit(this.#database);
    this.files = new SqliteFiles({
      database: this.#database,
      commits: this.#commits,
      reading: (read) => this.#reading(read),
      limits,
      now,
    });
  }

  async register(client: Client): Promise<void> {
    await this.#commits.submit(() => {
      // Clients are numbered from 1 and never deleted.
      if ((this.#statements.lastClient.value<[number]>()?.[0] ?? 0) >= this.#limits.maxClients) {
        throw new StorageError("clients-full", "the server takes no further clients");
      }
      if (this.#statements.clientByName.get(client.name)) {
        throw new StorageError("name-taken", "the name is taken");
      }
      this.#statements.addClient.run(client.id, client.name, client.publicKey, this.#now());
    });
  }

  client(id: Bytes): Promise<Client | undefined> {
    return this.#reading(() => this.#statements.clientById.get<Client>(id));
  }

  clientsExcept(except: Bytes): Promise<ClientList> {
    return this.#reading(() => {
      const last = this.#statements.lastClient.value<[number]>()?.[0] ?? 0;
      const count = this.#statements.countExcept.value<[number]>(last, except)?.[0] ?? 0;
      return { count, pages: this.#clientPages(except, last) };
    });
  }

  async *#clientPages(except: Bytes, last: number): AsyncIterable<Client[]> {
    for (let after = 0; after < last;) {
      const page = await this.#reading(() =>
        this.#statements.clientsAfter.all<Client & { number: number }>(after, last, LIST_PAGE)
      );
      after = page.at(-1)?.number ?? last;
      yield page.filter(({ id }) => !equalBytes(id, except));
    }
  }

  async deposit({ from, to, type, content, token }: Deposit): Promise<Deposited> {
    const size = "blob" in content ? content.size : content.inline.length;
    const deposited = await this.#commits.submit(() => {
      const mailbox = this.#mailbox(to);
      const before = token && this.#statements.messageByToken.get<TokenRow>(from, token);
      if (before) return repeatOf(before, mailbox);
      if (
        mailbox.last_message >= MAX_U32 || mailbox.messages >= this.#limits.maxMessages ||
        mailbox.bytes + size > this.#limits.maxMailboxSize
      ) throw new StorageError("mailbox-full", "the receiver's mailbox is full");
      const id = mailbox.last_message + 1;
      const [inline, blob] = columns(content);
      this.#statements.growMailbox.run(id, size, mailbox.number);
      this.#statements.addMessage.run(mailbox.number, id, from, type, size, inline, blob);
      if (token) this.#statements.addToken.run(from, token, mailbox.number, id, this.#now());
      return { messageId: id, repeated: false };
    });
    if (!deposited.repeated) this.#watches.get(toHex(to))?.forEach((notify) => notify());
    return deposited;
  }

  waiting(
    mailbox: Bytes,
    after: number,
    fits: (message: StoredMessage) => boolean,
  ): Promise<StoredMessage[]> {
    return this.#reading(() => {
      const all = { leases: new Map(), upTo: after };
      return this.#select(this.#mailbox(mailbox).number, all, fits);
    });
  }

  watch(mailbox: Bytes, notify: () => void): () => void {
    const key = toHex(mailbox);
    const watches = this.#watches.get(key) ?? new Set();
    this.#watches.set(key, watches.add(notify));
    return () => {
      watches.delete(notify);
      if (watches.size === 0 && this.#watches.get(key) === watches) this.#watches.delete(key);
    };
  }

  acknowledge(mailbox: Bytes, messageIds: readonly number[]): Promise<string[]> {
    return this.#commits.submit(() => {
      const { number } = this.#mailbox(mailbox);
      const blobs: string[] = [];
      let count = 0;
      let size = 0;
      for (const messageId of messageIds) {
        const row = this.#statements.takeMessage.get<{ size: number; blob: string | null }>(
          number,
          messageId,
        );
        if (!row) continue;
        count++;
        size += row.size;
        if (row.blob !== null) blobs.push(row.blob);
      }
      if (count > 0) this.#statements.shrinkMailbox.run(count, size, number);
      return blobs;
    });
  }

  async forgetTokens(): Promise<void> {
    const before = this.#now() - TOKEN_AGE;
    const step = () => this.#statements.forgetTokens.run(TOKEN_PAGE, before);
    while (await this.#commits.submit(step) === TOKEN_PAGE);
  }

  publishPrekeys(
    owner: Bytes,
    prekeys: readonly Prekey[],
    { replace }: { replace: boolean },
  ): Promise<void> {
    return this.#commits.submit(() => this.#prekeys.publish(owner, prekeys, replace));
  }

  checkIn(client: Bytes, mark: Bytes): Promise<CheckedIn> {
    return this.#commits.submit(() => this.#prekeys.checkIn(client, mark));
  }

  drawPrekeys(owner: Bytes, { oneTime }: { oneTime: boolean }): Promise<Prekey[]> {
    return this.#commits.submit(() => this.#prekeys.draw(owner, oneTime));
  }

  lease(mailbox: Bytes, fits: (message: StoredMessage) => boolean): Promise<Lease> {
    return this.#reading(() => {
      const { number } = this.#mailbox(mailbox);
      const key = toHex(mailbox);
      const leased = this.#leased.get(key) ?? new Leased();
      const lease = { mailbox, messages: this.#select(number, leased, fits) };
      for (const { messageId } of lease.messages) leased.leases.set(messageId, lease);
      const last = lease.messages.at(-1);
      if (last) {
        leased.upTo = last.messageId;
        this.#leased.set(key, leased);
      }
      return lease;
    });
  }

  #select(
    mailbox: number,
    { leases, upTo }: Leased,
    fits: (message: StoredMessage) => boolean,
  ): StoredMessage[] {
    const selected: StoredMessage[] = [];
    for (let after = upTo;;) {
      const page = this.#statements.messagesAfter.all<MessageRow>(mailbox, after, LEASE_PAGE);
      for (const { id, sender, type, size, blob } of page) {
        after = id;
        if (leases.has(id)) continue;
        const message = { from: sender, messageId: id, type, size, blob: blob ?? undefined };
        if (!fits(message)) return selected;
        selected.push(message);
      }
      if (page.length < LEASE_PAGE) return selected;
    }
  }

  content(mailbox: Bytes, messageId: number): Promise<Bytes> {
    return this.#reading(() => {
      const content = this.#statements.content.value<[Bytes]>(mailbox, messageId)?.[0];
      if (!content) throw new StorageError("unknown-message", `message ${messageId} is not there`);
      return content;
    });
  }

  async remove(lease: Lease, messages = lease.messages): Promise<void> {
    try {
      await this.#commits.submit(() => {
        const { number } = this.#mailbox(lease.mailbox);
        const leases = this.#leased.get(toHex(lease.mailbox))?.leases;
        let count = 0;
        let size = 0;
        for (const message of messages) {
          if (leases?.get(message.messageId) !== lease) continue;
          if (this.#statements.removeMessage.run(number, message.messageId) === 0) continue;
          count++;
          size += message.size;
        }
        this.#statements.shrinkMailbox.run(count, size, number);
      });
    } finally {
      this.release(lease);
    }
  }

  release(lease: Lease): void {
    const key = toHex(lease.mailbox);
    const leased = this.#leased.get(key);
    if (!leased) return;
    for (const { messageId } of lease.messages) {
      if (leased.leases.get(messageId) !== lease) continue;
      leased.leases.delete(messageId);
      leased.upTo = Math.min(leased.upTo, messageId - 1);
    }
    if (leased.leases.size === 0) this.#leased.delete(key);
  }

  blobs(): Promise<Set<string>> {
    return this.#reading(() => {
      const rows = this.#statements.blobs.all<{ blob: string }>();
      return new Set(rows.map((row) => row.blob));
    });
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#commits.close();
      this.#closed = true;
      this.#database.close();
    }
    return Promise.resolve();
  }

  #mailbox(id: Bytes): MailboxRow {
    const row = this.#statements.mailbox.get<MailboxRow & object>(id);
    if (!row) throw new StorageError("unknown-client", "no client has this ID");
    return row;
  }

  /** Runs a read now: outside of a transaction it sees exactly what is committed. */
  #reading<T>(read: () => T): Promise<T> {
    return new Promise((resolve) => {
      if (this.#closed) throw new StorageError("closed", "the storage is closed");
      resolve(read());
    });
  }
}

/** @throws {StorageError} `token-reused` where that was a message for someone else */
function repeatOf({ mailbox, message }: TokenRow, { number }: MailboxRow): Deposited {
  if (mailbox === number) return { messageId: message, repeated: true };
  throw new StorageError("token-reused", "the token was used for another message");
}

function columns(content: Content): [inline: Bytes | null, blob: string | null] {
  return "blob" in content ? [null, content.blob] : [content.inline, null];
}

type Statements = Record<keyof typeof STATEMENTS, Statement>;

const STATEMENTS = {
  addClient: "INSERT INTO clients (id, name, public_key, registered_at) VALUES (?, ?, ?, ?)",
  lastClient: "SELECT max(number) FROM clients",
  clientByName: "SELECT 1 FROM clients WHERE name = ?",
  clientById: "SELECT id, name, public_key AS publicKey FROM clients WHERE id = ?",
  countExcept: "SELECT count(*) FROM clients WHERE number <= ? AND id <> ?",
  clientsAfter:
    "SELECT number, id, name, public_key AS publicKey FROM clients WHERE number > ? AND number <= ? " +
    "ORDER BY number LIMIT ?",
  mailbox: "SELECT number, last_message, messages, bytes FROM clients WHERE id = ?",
  growMailbox: "UPDATE clients SET last_message = ?, messages = messages + 1, bytes = bytes + ? " +
    "WHERE number = ?",
  shrinkMailbox: "UPDATE clients SET messages = messages - ?, bytes = bytes - ? WHERE number = ?",
  addMessage: "INSERT INTO messages (mailbox, id, sender, type, size, content, blob) " +
    "VALUES (?, ?, ?, ?, ?, ?, ?)",
  messagesAfter: "SELECT id, sender, type, size, blob FROM messages " +
    "WHERE mailbox = ? AND id > ? ORDER BY id LIMIT ?",
  content: "SELECT content FROM messages WHERE id = ?2 " +
    "AND mailbox = (SELECT number FROM clients WHERE clients.id = ?1)",
  removeMessage: "DELETE FROM messages WHERE mailbox = ? AND id = ?",
  takeMessage: "DELETE FROM messages WHERE mailbox = ? AND id = ? RETURNING size, blob",
  messageByToken: "SELECT mailbox, message FROM tokens WHERE sender = ? AND token = ?",
  addToken: "INSERT INTO tokens (sender, token, mailbox, message, used_at) VALUES (?, ?, ?, ?, ?)",
  forgetTokens: "DELETE FROM tokens WHERE number IN " +
    "(SELECT number FROM tokens ORDER BY number LIMIT ?) AND used_at < ?",
  blobs: "SELECT blob FROM messages WHERE blob IS NOT NULL",
} as const;

function prepareStatements(database: Database): Statements {
  const prepared = Object.entries(STATEMENTS).map(([name, sql]) => [name, database.prepare(sql)]);
  return Object.fromEntries(prepared);
}

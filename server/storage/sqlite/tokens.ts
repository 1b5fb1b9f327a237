/** The table of tokens: how senders named their messages, so that a repeat is recognized. */
import type { Bytes } from "../../../shared/bytes.ts";
import { UPKEEP_INTERVAL } from "../storage_options.ts";
import { type SqliteFile, Table } from "./database.ts";
import type { SqliteTally } from "./tally.ts";

export const TOKENS_SCHEMA = `
  CREATE TABLE tokens (
    number  INTEGER PRIMARY KEY, -- grows with time
    sender  BLOB NOT NULL,
    token   BLOB NOT NULL,
    mailbox INTEGER NOT NULL,
    message INTEGER NOT NULL,
    used_at INTEGER NOT NULL,    -- milliseconds since 1970
    UNIQUE (token, sender)       -- clients begin tokens with the time: neighbours share a page
  ) STRICT;
`;

/** How long a token is known at least, in milliseconds: 7 days. */
export const TOKEN_AGE = 7 * 24 * 60 * 60 * 1000;
/** Tokens that are forgotten in one transaction. */
const PAGE = 256;
/** Tokens that are looked at to say when some are forgotten. */
const LOOKED_AT = 256;

/** The message that a token names. */
export interface TokenRow {
  /** The number of its receiver. */
  mailbox: number;
  message: number;
}

export class SqliteTokens extends Table<keyof typeof STATEMENTS> {
  readonly #now: () => number;

  constructor(file: SqliteFile, now: () => number, private readonly tally: SqliteTally) {
    super(file, STATEMENTS);
    this.#now = now;
  }

  /** Returns what `token` names. To be called inside a write, as is {@link add}. */
  find(sender: Bytes, token: Bytes): TokenRow | undefined {
    return this.statements.find.get<TokenRow & object>(sender, token);
  }

  add(sender: Bytes, token: Bytes, { mailbox, message }: TokenRow): void {
    this.statements.add.run(sender, token, mailbox, message, this.#now());
    this.tally.addToken(sender);
  }

  /**
   * Returns in how many milliseconds the first `count` tokens of `sender` are forgotten. Where many
   * others are older, it is the time when more can be said.
   */
  forgottenIn(sender: Bytes, count: number): number {
    const oldest = this.statements.oldest.value<[number]>(sender, count - 1)?.[0];
    const usedAt = oldest ?? this.statements.looked.value<[number]>()?.[0] ?? 0;
    const now = this.#now();
    return Math.max(now, usedAt + TOKEN_AGE) - now + UPKEEP_INTERVAL;
  }

  /** See {@link Storage.forgetTokens}. */
  forget(): Promise<number> {
    const before = this.#now() - TOKEN_AGE;
    return this.file.write(() => {
      const tokens = this.statements.forget.all<{ sender: Bytes }>(PAGE, before);
      for (const { sender } of tokens) this.tally.removeToken(sender);
      return tokens.length;
    });
  }
}

const OLDEST =
  `FROM (SELECT number, sender, used_at FROM tokens ORDER BY number LIMIT ${LOOKED_AT})`;

const STATEMENTS = {
  oldest: `SELECT used_at ${OLDEST} WHERE sender = ? ORDER BY number LIMIT 1 OFFSET ?`,
  looked: `SELECT max(used_at) ${OLDEST}`,
  find: "SELECT mailbox, message FROM tokens WHERE sender = ? AND token = ?",
  add: "INSERT INTO tokens (sender, token, mailbox, message, used_at) VALUES (?, ?, ?, ?, ?)",
  forget: "DELETE FROM tokens WHERE number IN " +
    "(SELECT number FROM tokens ORDER BY number LIMIT ?) AND used_at < ? RETURNING sender",
};

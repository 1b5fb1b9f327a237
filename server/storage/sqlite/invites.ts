/** The table of invites. */
import type { Bytes } from "../../../shared/bytes.ts";
import { StorageError } from "../../../shared/errors.ts";
import type { Invite, Invites, InviteTerms } from "../invites.ts";
import { type SqliteFile, Table } from "./database.ts";

export const INVITES_SCHEMA = `
  CREATE TABLE invites (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    hash       BLOB NOT NULL UNIQUE, -- of the code, which is not kept
    uses       INTEGER NOT NULL,
    left       INTEGER NOT NULL,
    expires_at INTEGER NOT NULL      -- milliseconds since 1970
  ) STRICT;
`;

export class SqliteInvites extends Table<keyof typeof STATEMENTS> implements Invites {
  readonly #now: () => number;

  constructor(file: SqliteFile, now: () => number) {
    super(file, STATEMENTS);
    this.#now = now;
  }

  create(hash: Bytes, { uses, expiresAt }: InviteTerms): Promise<Invite> {
    return this.file.write(() => {
      this.statements.forgetExpired.run(this.#now());
      return this.statements.add.get<Invite & object>(hash, uses, uses, expiresAt)!;
    });
  }

  list(): Promise<Invite[]> {
    return this.file.read(() => this.statements.all.all<Invite & object>());
  }

  withdraw(number: number): Promise<boolean> {
    return this.file.write(() => this.statements.remove.run(number) > 0);
  }

  /**
   * Checks that someone may register with this invite. To be called inside a write, as is
   * {@link use}.
   * @throws {StorageError} `not-invited`
   */
  check(hash: Bytes): void {
    const invite = this.statements.byHash.get<Invite & object>(hash);
    if (!invite) throw new StorageError("not-invited", "there is no such invite");
    if (invite.expiresAt <= this.#now()) {
      throw new StorageError("not-invited", "the invite has expired");
    }
    if (invite.left <= 0) throw new StorageError("not-invited", "the invite is used up");
  }

  /** Takes one use of an invite, for good. */
  use(hash: Bytes): void {
    this.statements.use.run(hash);
  }
}

const COLUMNS = "number, uses, left, expires_at AS expiresAt";

const STATEMENTS = {
  add: "INSERT INTO invites (hash, uses, left, expires_at) VALUES (?, ?, ?, ?) " +
    `RETURNING ${COLUMNS}`,
  all: `SELECT ${COLUMNS} FROM invites ORDER BY number`,
  byHash: `SELECT ${COLUMNS} FROM invites WHERE hash = ?`,
  use: "UPDATE invites SET left = left - 1 WHERE hash = ?",
  remove: "DELETE FROM invites WHERE number = ?",
  forgetExpired: "DELETE FROM invites WHERE expires_at <= ?",
};

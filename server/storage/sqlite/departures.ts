/** Deletes what clients that have left leave behind, some of it in each transaction. */
import type { Bytes } from "../../../shared/bytes.ts";
import type { Remains } from "../storage.ts";
import { type SqliteFile, Table } from "./database.ts";
import type { SqliteFiles } from "./files.ts";
import type { SqliteMailboxes } from "./mailboxes.ts";

/** Messages that are deleted in one transaction; each may fill many pages of the database. */
const MESSAGES = 64;
/** Files that are deleted in one transaction, or of which a receiver is. */
const FILES = 128;

interface DepartedRow {
  number: number;
  left_as: Bytes;
}

export class SqliteDepartures extends Table<keyof typeof STATEMENTS> {
  constructor(
    file: SqliteFile,
    private readonly mailboxes: SqliteMailboxes,
    private readonly files: SqliteFiles,
  ) {
    super(file, STATEMENTS);
  }

  /** See {@link Storage.removeRemains}. */
  removeRemains(): Promise<Remains | null> {
    return this.file.write(() => {
      const departed = this.statements.next.get<DepartedRow & object>();
      if (!departed) return null;
      const { number, left_as: id } = departed;
      const { count, blobs } = this.mailboxes.removeFirst(number, MESSAGES);
      if (count > 0) return { blobs, files: [] };
      const files = this.files.removeOf(id, FILES);
      if (files) return { blobs: [], files };
      this.statements.removePrekeys.run(number);
      this.statements.finish.run(number);
      this.statements.forget.run();
      return { blobs: [], files: [] };
    });
  }
}

const STATEMENTS = {
  next: "SELECT number, left_as FROM clients WHERE left_as > x'' LIMIT 1",
  removePrekeys: "DELETE FROM prekeys WHERE owner = ?",
  finish: "UPDATE clients SET left_as = x'' WHERE number = ?",
  // The last number stays taken, so that the next client gets another one.
  forget: "DELETE FROM clients WHERE left_as = x'' AND number < (SELECT max(number) FROM clients)",
};

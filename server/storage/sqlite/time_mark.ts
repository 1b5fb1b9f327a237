/** The table with one row that says where the time of the server stood. */
import type { TimeMark } from "../storage.ts";
import { type SqliteFile, Table } from "./database.ts";

export const TIME_MARK_SCHEMA = `
  CREATE TABLE time_mark (
    number  INTEGER PRIMARY KEY CHECK (number = 1),
    running INTEGER NOT NULL, -- both in milliseconds since 1970
    wall    INTEGER NOT NULL
  ) STRICT;
`;

export class SqliteTimeMark extends Table<keyof typeof STATEMENTS> {
  constructor(file: SqliteFile) {
    super(file, STATEMENTS);
  }

  get(): Promise<TimeMark | undefined> {
    return this.file.read(() => this.statements.get.get<TimeMark>());
  }

  async keep({ running, wall }: TimeMark): Promise<void> {
    await this.file.write(() => this.statements.keep.run(running, wall));
  }
}

const STATEMENTS = {
  get: "SELECT running, wall FROM time_mark",
  keep: "INSERT OR REPLACE INTO time_mark (number, running, wall) VALUES (1, ?, ?)",
};

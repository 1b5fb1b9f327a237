/** Changes that make a database right again, while no server works with it. */
import { Database } from "@db/sqlite";
import { type Bytes, fromHex } from "../../../shared/bytes.ts";
import { COUNTERS, countWrong } from "./counters.ts";
import { prepareDatabase } from "./migrations.ts";

/** What belongs to something that must be there. */
const ORPHANS = {
  messages: "DELETE FROM messages WHERE mailbox NOT IN (SELECT number FROM clients)",
  prekeys: "DELETE FROM prekeys WHERE owner NOT IN (SELECT number FROM clients)",
  file_receivers: "DELETE FROM file_receivers WHERE file NOT IN (SELECT number FROM files)",
};

export class Repairs implements Disposable {
  /** Whether the database was of an older version. */
  readonly upgraded: boolean;
  readonly #database: Database;

  /** Opens the database in the file `path`, and brings its tables up to date. */
  constructor(path: string) {
    this.#database = new Database(path, { int64: true });
    try {
      this.upgraded = prepareDatabase(this.#database);
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** Deletes what belongs to nothing. Returns what it did. */
  removeOrphans(): string[] {
    return Object.entries(ORPHANS).flatMap(([table, sql]) => {
      const count = this.#database.prepare(sql).run();
      return count > 0
        ? [`removed ${count} rows of the table ${table} that belong to nothing`]
        : [];
    });
  }

  /** Makes a message whose content is lost one without content, of which its receiver is told. */
  loseContent(blob: string): void {
    this.#database.prepare(
      "UPDATE messages SET content = x'', blob = NULL, size = 0 WHERE blob = ?",
    ).run(blob);
  }

  /** Makes a file, by its ID in hex, an upload again that began at the time `now`. */
  reopenFile(id: string, now: number): void {
    const bytes: Bytes = fromHex(id);
    this.#database.prepare("UPDATE files SET complete = 0, changed_at = ? WHERE id = ?")
      .run(now, bytes);
  }

  /** Counts anew what is counted wrongly. Returns what it did. */
  rebuildCounters(): string[] {
    return this.#database.transaction(() =>
      COUNTERS.flatMap((counter) => {
        const wrong = this.#database.prepare(countWrong(counter)).value<[number]>()?.[0];
        if (wrong === 0) return [];
        this.#database.exec(counter.repair);
        return [`counted ${counter.what} anew`];
      })
    ).immediate();
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

/**
 * Messages as the server delivered them, kept from before they are acknowledged until they are
 * decrypted and shown. Large contents are files in a folder of their own.
 */
import type { Database, Statement } from "@db/sqlite";
import type { Bytes } from "../../shared/bytes.ts";
import type { MessageHead } from "../../shared/protocol/response.ts";

/** A collected message; without `content` it is in the file {@link Envelopes.path}. */
export interface Envelope extends MessageHead {
  content: Bytes | null;
}

type State = "waiting" | "unreadable" | "done";

export class Envelopes {
  readonly #database: Database;
  readonly #folder: string;
  readonly #known: Statement;
  readonly #put: Statement;
  readonly #inState: Statement;
  readonly #setState: Statement;
  readonly #finish: Statement;
  readonly #retry: Statement;

  constructor(database: Database, folder: string) {
    this.#database = database;
    this.#folder = folder;
    this.#known = database.prepare("SELECT 1 FROM envelopes WHERE message = ?");
    this.#put = database.prepare(
      "INSERT INTO envelopes (message, sender, type, size, content, state) " +
        "VALUES (?, ?, ?, ?, ?, 'waiting')",
    );
    this.#inState = database.prepare(
      'SELECT message AS messageId, sender AS "from", type, size, content FROM envelopes ' +
        "WHERE state = ? AND message > ? ORDER BY message LIMIT 1",
    );
    this.#setState = database.prepare("UPDATE envelopes SET state = ? WHERE message = ?");
    this.#finish = database.prepare(
      "UPDATE envelopes SET state = 'done', content = NULL WHERE message = ?",
    );
    this.#retry = database.prepare(
      "UPDATE envelopes SET state = 'waiting' WHERE state = 'unreadable' AND sender = ?",
    );
  }

  /** Whether this message was collected before, also when it is long done. */
  known(messageId: number): boolean {
    return this.#known.get(messageId) !== undefined;
  }

  /** Where the content of a message is that is too large for the database. */
  path(messageId: number): string {
    return `${this.#folder}/${messageId}`;
  }

  /** Keeps messages. A content that is null has been written to {@link path} and fsynced. */
  put(envelopes: readonly Envelope[]): void {
    this.#database.transaction(() => {
      for (const { messageId, from, type, size, content } of envelopes) {
        this.#put.run(messageId, from, type, size, content);
      }
    }).immediate();
  }

  /** The first message behind number `after` that waits to be opened. */
  nextWaiting(after: number): Envelope | undefined {
    return this.#inState.get<Envelope>("waiting" satisfies State, after);
  }

  /** No known key fits; it is tried again when another comes. */
  markUnreadable(messageId: number): void {
    this.#setState.run("unreadable" satisfies State, messageId);
  }

  /** Has the unreadable messages of this sender tried again. */
  retryUnreadable(sender: Bytes): number {
    return this.#retry.run(sender);
  }

  /** The message was shown, or saved: only its number is kept. */
  markDone(messageId: number): void {
    this.#finish.run(messageId);
  }
}

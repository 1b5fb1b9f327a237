/**
 * Messages as the server delivered them, kept from before they are acknowledged until they are
 * decrypted and shown. Large contents are files in a folder of their own.
 *
 * Whether a message is one that was delivered before is seen by all that is known of it, as the
 * number that a server gives is only as good as the server's memory. The last {@link TAIL_SIZE}
 * bytes stand for the content: in every type they depend on all that was encrypted.
 */
import type { Database, Statement } from "@db/sqlite";
import type { Bytes } from "../../shared/bytes.ts";
import type { MessageHead } from "../../shared/protocol/response.ts";

/** Bytes at the end of a content that are remembered. */
export const TAIL_SIZE = 16;

/** A collected message; without `content` it is in the file {@link Envelopes.path}. */
export interface Envelope extends MessageHead {
  /** Its number here, in the order of arrival. */
  number: number;
  content: Bytes | null;
}

/** One that is about to be kept. */
export interface NewEnvelope extends Envelope {
  /** The last {@link TAIL_SIZE} bytes of its content, or all of a shorter one. */
  tail: Bytes;
}

type State = "waiting" | "unreadable" | "done";

export class Envelopes {
  /** Where the files are. */
  readonly folder: string;
  readonly #database: Database;
  readonly #last: Statement;
  readonly #known: Statement;
  readonly #put: Statement;
  readonly #inState: Statement;
  readonly #inFiles: Statement;
  readonly #setState: Statement;
  readonly #finish: Statement;
  readonly #retry: Statement;

  constructor(database: Database, folder: string) {
    this.folder = folder;
    this.#database = database;
    this.#last = database.prepare("SELECT max(number) FROM envelopes");
    this.#known = database.prepare(
      "SELECT 1 FROM envelopes " +
        "WHERE message = ? AND sender = ? AND type = ? AND size = ? AND tail = ?",
    );
    this.#put = database.prepare(
      "INSERT INTO envelopes (number, message, sender, type, size, tail, content, state) " +
        "VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting') ON CONFLICT DO NOTHING",
    );
    this.#inState = database.prepare(
      'SELECT number, message AS messageId, sender AS "from", type, size, content ' +
        "FROM envelopes WHERE state = ? AND number > ? ORDER BY number LIMIT 1",
    );
    this.#inFiles = database.prepare(
      "SELECT number FROM envelopes WHERE state <> 'done' AND content IS NULL",
    );
    this.#setState = database.prepare("UPDATE envelopes SET state = ? WHERE number = ?");
    this.#finish = database.prepare(
      "UPDATE envelopes SET state = 'done', content = NULL WHERE number = ?",
    );
    this.#retry = database.prepare(
      "UPDATE envelopes SET state = 'waiting' WHERE state = 'unreadable' AND sender = ?",
    );
  }

  /** The number that the next message is kept under. */
  nextNumber(): number {
    return (this.#last.value<[number]>()?.[0] ?? 0) + 1;
  }

  /** Whether this message was collected before, also when it is long done. */
  known({ messageId, from, type, size, tail }: Omit<NewEnvelope, "number" | "content">): boolean {
    return this.#known.get(messageId, from, type, size, tail) !== undefined;
  }

  /** Where the content of a message is that is too large for the database. */
  path(number: number): string {
    return `${this.folder}/${number}`;
  }

  /** The names of the files that hold contents. */
  files(): Set<string> {
    return new Set(this.#inFiles.all<{ number: number }>().map(({ number }) => String(number)));
  }

  /**
   * Keeps messages; one that is known stays as it was. A content that is null has been written to
   * {@link path} and fsynced.
   */
  put(envelopes: readonly NewEnvelope[]): void {
    this.#database.transaction(() => {
      for (const { number, messageId, from, type, size, tail, content } of envelopes) {
        this.#put.run(number, messageId, from, type, size, tail, content);
      }
    }).immediate();
  }

  /** The first message behind number `after` that waits to be opened. */
  nextWaiting(after: number): Envelope | undefined {
    return this.#inState.get<Envelope>("waiting" satisfies State, after);
  }

  /** No known key fits; it is tried again when another comes. */
  markUnreadable(number: number): void {
    this.#setState.run("unreadable" satisfies State, number);
  }

  /** Has the unreadable messages of this sender tried again; gives their number. */
  retryUnreadable(sender: Bytes): number {
    return this.#retry.run(sender);
  }

  /** The message was shown, or saved: of its content only the end is kept. */
  markDone(number: number): void {
    this.#finish.run(number);
  }
}

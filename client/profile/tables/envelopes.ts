/**
 * Messages as the server delivered them, kept from before they are acknowledged until they are
 * decrypted and shown. Large contents are files in a folder of their own.
 *
 * Whether a message is one that was delivered before is seen by all that is known of it, as the
 * number that a server gives is only as good as the server's memory. The last {@link TAIL_SIZE}
 * bytes stand for the content: in every type they depend on all that was encrypted.
 */
import type { Database, Statement } from "@db/sqlite";
import { type Bytes, utf8 } from "../../../shared/bytes.ts";
import type { MessageHead } from "../../../shared/protocol/response.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";
import { rowOf, type Vault } from "../sealing/vault.ts";

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

/** All that is known of a message, by which it is known again. */
type Row = Omit<NewEnvelope, "number" | "content">;

interface Cells {
  number: number;
  sealed: Bytes;
  content: Bytes | null;
}

export const ENVELOPES: SealedTable<Row> = {
  name: "envelopes",
  key: "number",
  tags: { message: messageTag, sender: (vault, { from }) => senderTag(vault, from) },
  alsoSealed: ["content"],
};

export class Envelopes {
  /** Where the files are. */
  readonly folder: string;
  readonly #database: Database;
  readonly #vault: Vault;
  readonly #last: Statement;
  readonly #known: Statement;
  readonly #put: Statement;
  readonly #inState: Statement;
  readonly #inFiles: Statement;
  readonly #setState: Statement;
  readonly #finish: Statement;
  readonly #retry: Statement;

  constructor(database: Database, vault: Vault, folder: string) {
    this.folder = folder;
    this.#database = database;
    this.#vault = vault;
    this.#last = database.prepare("SELECT max(number) FROM envelopes");
    this.#known = database.prepare("SELECT 1 FROM envelopes WHERE message = ?");
    this.#put = database.prepare(
      "INSERT INTO envelopes (number, message, sender, filed, state, sealed, content) " +
        "VALUES (?, ?, ?, ?, 'waiting', ?, ?) ON CONFLICT DO NOTHING",
    );
    this.#inState = database.prepare(
      "SELECT number, sealed, content FROM envelopes " +
        "WHERE state = ? AND number > ? ORDER BY number LIMIT 1",
    );
    this.#inFiles = database.prepare(
      "SELECT number FROM envelopes WHERE state <> 'done' AND filed = 1",
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
  known(message: Row): boolean {
    return this.#known.get(messageTag(this.#vault, message)) !== undefined;
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
      for (const envelope of envelopes) this.#insert(envelope);
    }).immediate();
  }

  /** The first message behind number `after` that waits to be opened. */
  nextWaiting(after: number): Envelope | undefined {
    const cells = this.#inState.get<Cells>("waiting" satisfies State, after);
    if (!cells) return undefined;
    const { number, sealed, content } = cells;
    const { tail: _, ...head } = this.#vault.openRow<Row>(rowOf(ENVELOPES.name, number), sealed);
    return { ...head, number, content: content && this.#vault.open(contentOf(number), content) };
  }

  /** No known key fits; it is tried again when another comes. */
  markUnreadable(number: number): void {
    this.#setState.run("unreadable" satisfies State, number);
  }

  /** Has the unreadable messages of this sender tried again; gives their number. */
  retryUnreadable(sender: Bytes): number {
    return this.#retry.run(senderTag(this.#vault, sender));
  }

  /** The message was shown, or saved: of its content only the end is kept. */
  markDone(number: number): void {
    this.#finish.run(number);
  }

  #insert({ number, messageId, from, type, size, tail, content }: NewEnvelope): void {
    const vault = this.#vault;
    const row = { messageId, from, type, size, tail };
    this.#put.run(
      number,
      messageTag(vault, row),
      senderTag(vault, from),
      content ? 0 : 1,
      vault.sealRow(rowOf(ENVELOPES.name, number), row),
      content && vault.seal(contentOf(number), content),
    );
  }
}

/** The context of a content. */
function contentOf(number: number): string {
  return rowOf(`${ENVELOPES.name}.content`, number);
}

function messageTag(vault: Vault, { messageId, from, type, size, tail }: Row): Bytes {
  return vault.blind("envelopes.message", utf8(`${messageId} ${type} ${size}`), from, tail);
}

function senderTag(vault: Vault, sender: Bytes): Bytes {
  return vault.blind("envelopes.sender", sender);
}

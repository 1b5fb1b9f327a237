/**
 * The texts, and notes of the files, that were exchanged with each client, sealed, in the order in
 * which they came to be here.
 *
 * Of what a secure client sent the tag of its content ID stays when the rest is forgotten, so that a
 * repeat is not shown again.
 */
import type { Database, Statement } from "@db/sqlite";
import { type Bytes, equalBytes, utf8 } from "../../../shared/bytes.ts";
import { ClientError } from "../../errors.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";
import { rowOf, type Vault } from "../sealing/vault.ts";

/** What was written: a text, or a file. */
export type HistoryBody = { readonly text: string } | { readonly file: HistoryFile };

export type HistoryFile = {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Where it was read from or saved to; null where it was not saved yet. */
  readonly path: string | null;
  /** Between secure clients: its ID on the server, 16 bytes, and the key of its chunks, 32. */
  readonly blob?: Bytes;
  readonly key?: Bytes;
};

/** An entry. Times are milliseconds since 1970. */
export interface HistoryEntry extends Fields {
  /** Its number here, in the order of the entries; never used again. */
  readonly number: number;
}

/** What came from a client. */
export type ReceivedEntry = Omit<Fields, "sent" | "state">;
/** What is about to be sent to one. */
export type SentEntry = Omit<Fields, "sent" | "state" | "messageId">;

type Fields = {
  /** The other client's ID. */
  readonly peer: Bytes;
  /** Whether it was written here. */
  readonly sent: boolean;
  /** When it was written, as its author says. */
  readonly at: number;
  /** When it came to be here. */
  readonly stored: number;
  /** 16 bytes; null between classic clients. */
  readonly contentId: Bytes | null;
  /** In the receiver's mailbox; null where it is not known. */
  readonly messageId: number | null;
  readonly state: "pending" | "sent" | "failed" | "received";
  readonly body: HistoryBody;
};

type Row = { readonly number: number; readonly sealed: Bytes };

const NAME = "history";
const CONTENT_TAG = "history content";
const MESSAGE_TAG = "history message";
/** Entries of a long history that are in memory at a time. */
const PAGE = 256;
/** All that is sealed in the row of a forgotten entry: it belongs to nobody. */
const FORGOTTEN = { peer: new Uint8Array(0) };

export const HISTORY: SealedTable<Pick<Fields, "peer" | "messageId">> = {
  name: NAME,
  key: "number",
  // The tag of the content is a lasting one.
  tags: {
    peer: (vault, { peer }) => tagOf(vault, peer),
    message: (vault, { peer, messageId }) => messageTagOf(vault, peer, messageId),
  },
};

export class History {
  readonly #database: Database;
  readonly #vault: Vault;
  readonly #last: Statement;
  readonly #insert: Statement;
  readonly #sealed: Statement;
  readonly #update: Statement;
  readonly #unshown: Statement;
  readonly #show: Statement;
  readonly #hide: Statement;
  readonly #byMessage: Statement;
  readonly #page: Statement;
  readonly #tagged: Statement;
  readonly #delete: Statement;
  readonly #blank: Statement;

  constructor(database: Database, vault: Vault) {
    this.#database = database;
    this.#vault = vault;
    this.#last = database.prepare("SELECT max(number) FROM history");
    this.#insert = database.prepare(
      "INSERT INTO history (number, peer, content, shown, sealed) VALUES (?, ?, ?, ?, ?) " +
        "ON CONFLICT (content) DO NOTHING",
    );
    this.#sealed = database.prepare("SELECT sealed FROM history WHERE number = ?");
    this.#update = database.prepare("UPDATE history SET message = ?, sealed = ? WHERE number = ?");
    this.#unshown = database.prepare(
      "SELECT number, sealed FROM history WHERE shown = 0 ORDER BY number LIMIT ?",
    );
    this.#show = database.prepare("UPDATE history SET shown = 1 WHERE number = ?");
    this.#hide = database.prepare("UPDATE history SET shown = 0, sealed = ? WHERE number = ?");
    this.#byMessage = database.prepare(
      "SELECT number, sealed FROM history WHERE message = ? ORDER BY number DESC LIMIT 1",
    );
    this.#page = database.prepare(
      "SELECT number, sealed FROM history WHERE peer = ? AND number > ? ORDER BY number " +
        `LIMIT ${PAGE}`,
    );
    this.#tagged = database.prepare(
      "SELECT number, content IS NOT NULL AS tagged FROM history WHERE peer = ? ORDER BY number " +
        `LIMIT ${PAGE}`,
    );
    this.#delete = database.prepare("DELETE FROM history WHERE number = ?");
    this.#blank = database.prepare(
      "UPDATE history SET peer = ?, message = NULL, shown = 1, sealed = ? WHERE number = ?",
    );
  }

  /**
   * Keeps what came from a client, as not shown yet; gives its number. Gives undefined, and keeps
   * nothing, where something with this content ID came from this client before.
   */
  addReceived(entry: ReceivedEntry): number | undefined {
    const { peer, contentId } = entry;
    const tag = contentId && this.#vault.lastingBlind(CONTENT_TAG, peer, contentId);
    return this.#add({ ...fieldsOf(entry), sent: false, state: "received" }, tag, false);
  }

  /** Keeps what is about to be sent; gives its number. */
  addSent(entry: SentEntry): number {
    const fields = fieldsOf({ ...entry, messageId: null });
    const number = this.#add({ ...fields, sent: true, state: "pending" }, null, true);
    if (number === undefined) throw new RangeError("no number");
    return number;
  }

  /** The server has taken it as `messageId`. An entry that was forgotten stays so. */
  markSent(number: number, messageId: number): void {
    this.#change(number, { state: "sent", messageId });
  }

  /** It will not be sent. An entry that was forgotten stays so. */
  markFailed(number: number): void {
    this.#change(number, { state: "failed" });
  }

  /**
   * The first `limit` received entries that were not shown yet.
   * @throws {ClientError} `bad-profile`, like all that follows, where a row was changed
   */
  unshown(limit: number): HistoryEntry[] {
    return this.#unshown.all<Row>(limit).map((row) => this.#open(row));
  }

  /** The entry with this number; undefined where there is none, or none any more. */
  entry(number: number): HistoryEntry | undefined {
    const sealed = this.#sealed.value<[Bytes]>(number)?.[0];
    const entry = sealed && this.#open({ number, sealed });
    return entry && entry.peer.length > 0 ? entry : undefined;
  }

  markShown(number: number): void {
    this.#show.run(number);
  }

  /** Notes that a received file is at `path` now, which is to be shown. */
  markSaved(number: number, path: string): void {
    this.#database.transaction(() => {
      const entry = this.entry(number);
      if (!entry || entry.sent || !("file" in entry.body)) return;
      const { number: _, ...fields } = entry;
      const saved = { ...fields, body: { file: { ...entry.body.file, path } } };
      this.#hide.run(this.#vault.sealRow(rowOf(NAME, number), saved), number);
    }).immediate();
  }

  /** What the server took as `messageId` for `peer`: the last one, should it count anew. */
  sentAs(peer: Bytes, messageId: number): HistoryEntry | undefined {
    const row = this.#byMessage.get<Row>(messageTagOf(this.#vault, peer, messageId));
    const entry = row && this.#open(row);
    if (!entry || (entry.messageId === messageId && equalBytes(entry.peer, peer))) return entry;
    throw moved(entry.number);
  }

  /**
   * The entries of `peer` in their order, with `search` those whose text or file name holds it,
   * whatever the case. They are read as they are asked for.
   */
  *list(peer: Bytes, { search = "" }: { search?: string } = {}): Generator<HistoryEntry> {
    const tag = tagOf(this.#vault, peer);
    const wanted = folded(search);
    for (let after = 0;;) {
      const rows = this.#page.all<Row>(tag, after);
      for (const row of rows) {
        const entry = this.#open(row);
        if (!equalBytes(entry.peer, peer)) throw moved(entry.number);
        if (wanted === "" || folded(nameOrText(entry.body)).includes(wanted)) yield entry;
        after = entry.number;
      }
      if (rows.length < PAGE) return;
    }
  }

  /** Forgets all entries of `peer`; gives how many there were. */
  forget(peer: Bytes): number {
    return this.#database.transaction(() => {
      const tag = tagOf(this.#vault, peer);
      const last = this.#lastNumber();
      let count = 0;
      for (
        let rows;
        (rows = this.#tagged.all<{ number: number; tagged: number }>(tag)).length > 0;
      ) {
        for (const { number, tagged } of rows) {
          // The last row stays as well, or its number would be used again.
          if (tagged === 1 || number === last) this.#forget(number);
          else this.#delete.run(number);
        }
        count += rows.length;
      }
      return count;
    }).immediate();
  }

  #add(fields: Fields, contentTag: Bytes | null, shown: boolean): number | undefined {
    return this.#database.transaction(() => {
      const number = this.#lastNumber() + 1;
      const peerTag = tagOf(this.#vault, fields.peer);
      const sealed = this.#vault.sealRow(rowOf(NAME, number), fields);
      const added = this.#insert.run(number, peerTag, contentTag, shown ? 1 : 0, sealed) > 0;
      return added ? number : undefined;
    }).immediate();
  }

  #change(number: number, changes: Partial<Fields>): void {
    this.#database.transaction(() => {
      const sealed = this.#sealed.value<[Bytes]>(number)?.[0];
      if (!sealed) return;
      const { number: _, ...before } = this.#open({ number, sealed });
      if (!before.sent) return;
      const fields = { ...before, ...changes };
      const tag = messageTagOf(this.#vault, fields.peer, fields.messageId);
      this.#update.run(tag, this.#vault.sealRow(rowOf(NAME, number), fields), number);
    }).immediate();
  }

  #forget(number: number): void {
    const sealed = this.#vault.sealRow(rowOf(NAME, number), FORGOTTEN);
    this.#blank.run(tagOf(this.#vault, FORGOTTEN.peer), sealed, number);
  }

  #open({ number, sealed }: Row): HistoryEntry {
    return { number, ...this.#vault.openRow<Fields>(rowOf(NAME, number), sealed) };
  }

  #lastNumber(): number {
    return this.#last.value<[number | null]>()?.[0] ?? 0;
  }
}

function nameOrText(body: HistoryBody): string {
  return "text" in body ? body.text : body.file.name;
}

/** What is kept of a received or sent entry, and nothing else that `entry` may have. */
function fieldsOf({ peer, at, stored, contentId, messageId, body }: ReceivedEntry): ReceivedEntry {
  return { peer, at, stored, contentId, messageId, body };
}

function tagOf(vault: Vault, peer: Bytes): Bytes {
  return vault.blind(NAME, peer);
}

function messageTagOf(vault: Vault, peer: Bytes, messageId: number): Bytes;
function messageTagOf(vault: Vault, peer: Bytes, messageId: number | null): Bytes | null;
function messageTagOf(vault: Vault, peer: Bytes, messageId: number | null): Bytes | null {
  return messageId === null ? null : vault.blind(MESSAGE_TAG, peer, utf8(`${messageId}`));
}

function moved(number: number): ClientError {
  return new ClientError("bad-profile", `the profile is damaged: entry ${number} was moved`);
}

/**
 * `text` as it is compared in a search. Lower case first, then upper case, which has ß and ẞ, all
 * sigmas, and, without the dot that İ keeps, all kinds of i look the same.
 */
function folded(text: string): string {
  const upper = text.normalize("NFKD").toLowerCase().toUpperCase();
  return upper.replaceAll("I\u0307", "I").normalize("NFC");
}

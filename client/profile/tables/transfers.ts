/**
 * Files in chunks on their way up or down, sealed: what is needed to go on where one was broken off,
 * and to keep the server from holding what nobody wants any more.
 */
import type { Database, Statement } from "@db/sqlite";
import { type Bytes, equalBytes } from "../../../shared/bytes.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";
import { rowOf, type Vault } from "../sealing/vault.ts";

/**
 * A received file is `waiting` from its announcement until it is wanted; a sent one is `active` at
 * once. Only an `active` one goes on by itself.
 */
export type TransferState = "waiting" | "active" | "done" | "cancelled" | "failed";

/** What is sealed. Times are milliseconds since 1970. */
type Fields = {
  /** The other client's ID. */
  readonly peer: Bytes;
  /** Its ID on the server, 16 bytes. */
  readonly blob: Bytes;
  /** The key of its chunks, 32 bytes; empty once the server does not have it any more. */
  readonly key: Bytes;
  /** As its sender calls it; never to be used as a path. */
  readonly name: string;
  /** Bytes of plaintext. */
  readonly size: number;
  /** The source, or the folder that it goes to and in the end its place; absolute. Null: not wanted. */
  readonly path: string | null;
  /** When the source was last changed. */
  readonly changed: number | null;
  /** Whether the source is a copy of ours, to be removed in the end. */
  readonly spooled: boolean;
  /** Chunks that are safe: on the server as far as it was told, or on this disk. */
  readonly chunks: number;
  /** A mark of the whole draft, by which it is known again under its final name. */
  readonly draft: number | null;
  /** When it came to be here, and when its state last changed. */
  readonly started: number;
  readonly ended: number | null;
  /** Why it failed, for people. */
  readonly reason: string | null;
};

export interface Transfer extends Fields {
  /** Its number here, as users see it; never used again. */
  readonly number: number;
  readonly up: boolean;
  readonly state: TransferState;
  /** Whether nothing is left to be done with the server. */
  readonly settled: boolean;
  /** The number of its entry in the history. */
  readonly history: number | null;
}

/** What a new transfer starts with. */
export type NewTransfer =
  & Pick<Fields, "peer" | "blob" | "key" | "name" | "size" | "path" | "started">
  & Partial<Pick<Fields, "changed" | "spooled">>
  & { readonly up: boolean; readonly history?: number | null };

type Row = {
  readonly number: number;
  readonly up: number;
  readonly state: TransferState;
  readonly settled: number;
  readonly history: number | null;
  readonly sealed: Bytes;
};

const NAME = "transfers";

export const TRANSFERS: SealedTable = { name: NAME, key: "number", tags: {} };

export class Transfers {
  readonly #database: Database;
  readonly #vault: Vault;
  readonly #last: Statement;
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #one: Statement;
  readonly #all: Statement;
  readonly #open: Statement;
  readonly #byHistory: Statement;
  readonly #delete: Statement;

  constructor(database: Database, vault: Vault) {
    this.#database = database;
    this.#vault = vault;
    this.#last = database.prepare("SELECT max(number) FROM transfers");
    this.#insert = database.prepare(
      "INSERT INTO transfers (number, up, state, settled, history, sealed) " +
        "VALUES (?, ?, ?, 0, ?, ?)",
    );
    this.#update = database.prepare(
      "UPDATE transfers SET state = ?, settled = ?, history = ?, sealed = ? WHERE number = ?",
    );
    this.#one = database.prepare("SELECT * FROM transfers WHERE number = ?");
    this.#all = database.prepare("SELECT * FROM transfers ORDER BY number");
    this.#open = database.prepare("SELECT * FROM transfers WHERE settled = 0 ORDER BY number");
    this.#byHistory = database.prepare("SELECT * FROM transfers WHERE history = ?");
    this.#delete = database.prepare("DELETE FROM transfers WHERE number = ?");
  }

  /** Keeps a new one: `active` where it has a path, else `waiting`. Gives its number. */
  add({ up, history = null, ...given }: NewTransfer): number {
    return this.#database.transaction(() => {
      const number = (this.#last.value<[number | null]>()?.[0] ?? 0) + 1;
      const { peer, blob, key, name, size, path, started, changed = null } = given;
      const fields: Fields = {
        ...{ peer, blob, key, name, size, path, started, changed },
        spooled: given.spooled ?? false,
        chunks: 0,
        draft: null,
        ended: null,
        reason: null,
      };
      const state = path === null ? "waiting" : "active";
      this.#insert.run(number, up ? 1 : 0, state, history, this.#seal(number, fields));
      return number;
    }).immediate();
  }

  /**
   * The one with this number.
   * @throws {ClientError} `bad-profile`, like all that follows, where a row was changed
   */
  get(number: number): Transfer | undefined {
    const row = this.#one.get<Row>(number);
    return row && this.#opened(row);
  }

  /** The one that belongs to an entry of the history. */
  ofHistory(history: number): Transfer | undefined {
    const row = this.#byHistory.get<Row>(history);
    return row && this.#opened(row);
  }

  /** All, in the order of their numbers. */
  all(): Transfer[] {
    return this.#all.all<Row>().map((row) => this.#opened(row));
  }

  /** Those about which something is left to be done. */
  open(): Transfer[] {
    return this.#open.all<Row>().map((row) => this.#opened(row));
  }

  /** Changes one that is there. */
  change(number: number, changes: Partial<Omit<Transfer, "number" | "up">>): void {
    this.#database.transaction(() => {
      const before = this.get(number);
      if (!before) return;
      const { number: _, up: __, state, settled, history, ...fields } = { ...before, ...changes };
      this.#update.run(state, settled ? 1 : 0, history, this.#seal(number, fields), number);
    }).immediate();
  }

  /** Forgets those with `peer` that have ended. The last number stays known. */
  forget(peer: Bytes): void {
    this.#database.transaction(() => {
      const last = this.#last.value<[number | null]>()?.[0] ?? 0;
      for (const { number, peer: other, state } of this.all()) {
        if (!equalBytes(peer, other) || state === "waiting" || state === "active") continue;
        if (number !== last) this.#delete.run(number);
        else this.change(number, { ...FORGOTTEN, state: "cancelled" });
      }
    }).immediate();
  }

  #seal(number: number, fields: Fields): Bytes {
    return this.#vault.sealRow(rowOf(NAME, number), fields);
  }

  #opened({ number, up, state, settled, history, sealed }: Row): Transfer {
    const fields = this.#vault.openRow<Fields>(rowOf(NAME, number), sealed);
    return { ...fields, number, up: up === 1, state, settled: settled === 1, history };
  }
}

const NOTHING = new Uint8Array(0);
/** All that stays of the last one when it is forgotten. */
const FORGOTTEN = {
  ...{ peer: NOTHING, key: NOTHING, name: "", size: 0, path: null, reason: null },
  history: null,
};

/**
 * Files in chunks on their way up or down, sealed: what is needed to go on where one was broken off,
 * and to keep the server from holding what nobody wants any more.
 */
import { type Bytes, equalBytes } from "../../../shared/bytes.ts";
import { SealedStore } from "../sealing/sealed_store.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";

/** Whether a file goes up to the server, so that it is sent, or comes down from it. */
export type Direction = "up" | "down";

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
  readonly direction: Direction;
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
  & { readonly direction: Direction; readonly history?: number | null };

type Row = {
  readonly number: number;
  readonly up: number;
  readonly state: TransferState;
  readonly settled: number;
  readonly history: number | null;
  readonly sealed: Bytes;
};

export const TRANSFERS: SealedTable = {
  name: "transfers",
  schema: `
    CREATE TABLE transfers (
      number  INTEGER PRIMARY KEY, -- as users see it
      up      INTEGER NOT NULL,    -- 1: sent, 0: received
      state   TEXT NOT NULL,       -- waiting (announced), active, done, cancelled, failed
      settled INTEGER NOT NULL,    -- 1: nothing is left to be done with the server
      history INTEGER,             -- the number of its entry there
      sealed  BLOB NOT NULL
    ) STRICT;

    CREATE INDEX transfers_open ON transfers (number) WHERE settled = 0;
    CREATE INDEX transfers_by_history ON transfers (history) WHERE history IS NOT NULL;
  `,
  key: "number",
  tags: {},
};

export class Transfers extends SealedStore<Fields> {
  protected readonly table = TRANSFERS.name;

  readonly #insert = this.prepare(
    "INSERT INTO transfers (number, up, state, settled, history, sealed) " +
      "VALUES (?, ?, ?, 0, ?, ?)",
  );
  readonly #update = this.prepare(
    "UPDATE transfers SET state = ?, settled = ?, history = ?, sealed = ? WHERE number = ?",
  );
  readonly #one = this.prepare("SELECT * FROM transfers WHERE number = ?");
  readonly #all = this.prepare("SELECT * FROM transfers ORDER BY number");
  readonly #open = this.prepare("SELECT * FROM transfers WHERE settled = 0 ORDER BY number");
  readonly #byHistory = this.prepare("SELECT * FROM transfers WHERE history = ?");
  readonly #delete = this.prepare("DELETE FROM transfers WHERE number = ?");

  /** Keeps a new one: `active` where it has a path, else `waiting`. Gives its number. */
  add({ direction, history = null, ...given }: NewTransfer): number {
    return this.transaction(() => {
      const number = this.nextNumber();
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
      this.#insert.run(
        number,
        direction === "up" ? 1 : 0,
        state,
        history,
        this.sealRow(number, fields),
      );
      return number;
    });
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
  change(number: number, changes: Partial<Omit<Transfer, "number" | "direction">>): void {
    this.transaction(() => {
      const before = this.get(number);
      if (!before) return;
      const { number: _, direction: __, state, settled, history, ...fields } = {
        ...before,
        ...changes,
      };
      this.#update.run(state, settled ? 1 : 0, history, this.sealRow(number, fields), number);
    });
  }

  /** Forgets those with `peer` that have ended. The last number stays known. */
  forget(peer: Bytes): void {
    this.transaction(() => {
      const last = this.nextNumber() - 1;
      for (const { number, peer: other, state } of this.all()) {
        if (!equalBytes(peer, other) || state === "waiting" || state === "active") continue;
        if (number !== last) this.#delete.run(number);
        else this.change(number, { ...FORGOTTEN, state: "cancelled" });
      }
    });
  }

  #opened({ number, up, state, settled, history, sealed }: Row): Transfer {
    const fields = this.openRow(number, sealed);
    const direction = up === 1 ? "up" : "down";
    return { ...fields, number, direction, state, settled: settled === 1, history };
  }
}

const NOTHING = new Uint8Array(0);
/** All that stays of the last one when it is forgotten. */
const FORGOTTEN = {
  ...{ peer: NOTHING, key: NOTHING, name: "", size: 0, path: null, reason: null },
  history: null,
};

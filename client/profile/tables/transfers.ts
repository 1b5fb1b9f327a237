import { type Bytes, equalBytes } from "../../../shared/bytes.ts";
import type { FileAttributes } from "../../../shared/session/statement.ts";
import { SealedStore } from "../sealing/sealed_store.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";
import type { Wait } from "./wait.ts";

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
  /**
   * The key of its chunks, 32 bytes; empty once the server no longer has it, or if an earlier
   * version sealed them.
   */
  readonly key: Bytes;
  /** The sender's name for it. Never use it as a path. */
  readonly name: string;
  /** Bytes of plaintext. */
  readonly size: number;
  /** The source, or the folder that it goes to, in the end its place; absolute. Null: unwanted. */
  readonly path: string | null;
  /** When the source was last changed. */
  readonly changed: number | null;
  /** Whether the source is a copy that was made here, to be removed in the end. */
  readonly spooled: boolean;
  /** Whether it goes up as one message, to a classic client; its blob is the token of that. */
  readonly classic?: boolean;
  /** What the file was at its sender's, where that said so. */
  readonly attributes?: FileAttributes;
  /** How many chunks are safe: the server has acknowledged them, or they are on this disk. */
  readonly chunks: number;
  /** The inode of the whole draft, by which it is recognised under its final name. */
  readonly draft: number | null;
  /** When it came to be here, and when its state last changed. */
  readonly started: number;
  readonly ended: number | null;
  /** Why it failed, for people. */
  readonly reason: string | null;
  /** Why the server takes nothing more of it for now. */
  readonly wait?: Wait | null;
};

/** A transfer as it is kept. */
export interface Transfer extends Fields {
  /** Its number here, as users see it; never used again. */
  readonly number: number;
  readonly direction: Direction;
  readonly state: TransferState;
  /** Whether nothing remains to be done with the server. */
  readonly settled: boolean;
  /** The number of its entry in the history. */
  readonly history: number | null;
}

export type NewTransfer =
  & Pick<Fields, "peer" | "blob" | "key" | "name" | "size" | "path" | "started">
  & Partial<Pick<Fields, "changed" | "spooled" | "classic" | "attributes">>
  & { readonly direction: Direction; readonly history?: number | null };

type Row =
  & Pick<Transfer, "number" | "state" | "history">
  & { readonly up: number; readonly settled: number; readonly sealed: Bytes };

export const TRANSFERS: SealedTable<object> = {
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

/**
 * Files in chunks on their way up or down: what is needed to resume interrupted ones, and to have
 * the server drop unwanted ones.
 */
export class Transfers extends SealedStore<Fields> {
  protected readonly table = TRANSFERS;
  /** The numbers of uploads by {@link sourceOf}, since one was looked for. */
  #uploads: Map<string, number[]> | undefined;

  /** Keeps a new one: `active` if it has a path, else `waiting`. Returns its number. */
  add({ direction, history = null, ...given }: NewTransfer): number {
    return this.transaction(() => {
      const number = this.nextNumber();
      const { peer, blob, key, name, size, path, started } = given;
      const { changed = null, spooled = false, classic = false, attributes } = given;
      const fields: Fields = {
        ...{ peer, blob, key, name, size, path, started, changed, spooled, classic },
        ...attributes && { attributes },
        ...{ chunks: 0, draft: null, ended: null, reason: null },
      };
      const up = direction === "up" ? 1 : 0;
      const state = path === null ? "waiting" : "active";
      this.addRow({ number, up, state, settled: 0, history }, fields);
      if (up === 1 && this.#uploads) noteSource(this.#uploads, { ...fields, number });
      this.onChange({ kind: "transfer", number });
      return number;
    });
  }

  get(number: number): Transfer | undefined {
    return this.#openAll("WHERE number = ?", number)[0];
  }

  /** Returns the transfer that belongs to an entry of the history. */
  ofHistory(history: number): Transfer | undefined {
    return this.#openAll("WHERE history = ?", history)[0];
  }

  all(): Transfer[] {
    return this.#openAll("ORDER BY number");
  }

  /** Returns the transfers about which something remains to be done. */
  open(): Transfer[] {
    return this.#openAll("WHERE settled = 0 ORDER BY number");
  }

  /**
   * Returns the uploads about which something remains to be done of the file at a path, or, if
   * `spooled`, of the copies that are called so. Opens only those, but all of them once.
   */
  uploadsOf(source: string, { spooled }: { readonly spooled: boolean }): Transfer[] {
    if (!this.#uploads) {
      this.#uploads = new Map();
      const all = this.open().filter(({ direction }) => direction === "up");
      for (const upload of all) noteSource(this.#uploads, upload);
    }
    const uploads = (this.#uploads.get(source) ?? []).flatMap((number) => {
      const upload = this.get(number);
      const isHere = upload?.direction === "up" && !upload.settled && sourceOf(upload) === source;
      return isHere ? [upload] : [];
    });
    this.#uploads.set(source, uploads.map(({ number }) => number));
    return uploads.filter((upload) => upload.spooled === spooled);
  }

  /** Returns the numbers of the active ones, in their order; opens none of them. */
  active(): number[] {
    const sql =
      "SELECT number FROM transfers WHERE settled = 0 AND state = 'active' ORDER BY number";
    return this.statement(sql).all<{ number: number }>().map(({ number }) => number);
  }

  /** Changes a transfer, if there is one with this number. */
  change(number: number, changes: Partial<Omit<Transfer, "number" | "direction">>): void {
    this.transaction(() => {
      const before = this.get(number);
      if (!before) return;
      const after = { ...before, ...changes };
      const { number: _, direction, state, settled, history, ...fields } = after;
      const [up, done] = [direction === "up" ? 1 : 0, settled ? 1 : 0];
      this.putRow({ number, up, state, settled: done, history }, fields);
      this.onChange({ kind: "transfer", number });
    });
  }

  /** Forgets the transfers with `peer` that have ended; the last number stays known. */
  forget(peer: Bytes): void {
    this.transaction(() => {
      const last = this.nextNumber() - 1;
      for (const { number, peer: other, state } of this.all()) {
        if (!equalBytes(peer, other) || state === "waiting" || state === "active") continue;
        if (number !== last) this.run("DELETE FROM transfers WHERE number = ?", number);
        else this.change(number, { ...FORGOTTEN, state: "cancelled" });
      }
    });
  }

  /** Leaves nothing of a transfer but what the server has to be told of it. */
  erase(number: number): void {
    const transfer = this.get(number);
    if (transfer) this.change(number, { ...FORGOTTEN, state: "cancelled" });
  }

  #openAll(end: string, ...parameters: number[]): Transfer[] {
    const rows = this.statement(`SELECT * FROM transfers ${end}`).all<Row>(...parameters);
    return rows.map((row) => {
      const { number, up, state, settled, history, sealed } = row;
      const fields = this.openRow(number, sealed);
      const direction = up === 1 ? "up" : "down";
      return { ...fields, number, direction, state, settled: settled === 1, history };
    });
  }
}

/** Returns what an upload is found by: the path of its file, or the name of a copy. */
function sourceOf({ spooled, name, path }: Pick<Fields, "spooled" | "name" | "path">) {
  return spooled ? name : path;
}

function noteSource(
  uploads: Map<string, number[]>,
  upload: Pick<Transfer, "number" | "spooled" | "name" | "path">,
): void {
  const source = sourceOf(upload);
  if (source === null) return;
  const numbers = uploads.get(source);
  if (numbers) numbers.push(upload.number);
  else uploads.set(source, [upload.number]);
}

const NOTHING = new Uint8Array(0);
/** The row that remains of the last transfer when it is forgotten. */
const FORGOTTEN = {
  ...{ peer: NOTHING, key: NOTHING, name: "", size: 0, path: null, reason: null },
  history: null,
};

import type { Bytes } from "../../../shared/bytes.ts";
import { PrekeyKind } from "../../../shared/protocol/prekey.ts";
import type { PrekeySecret } from "../../../shared/session/prekeys.ts";
import { SealedStore } from "../sealing/sealed_store.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";

/** The kinds of which everyone gets the same prekey, until the next replaces it. */
export type ReusedKind = typeof PrekeyKind.signed | typeof PrekeyKind.lastResort;
export type OneTimeKind = Exclude<PrekeyKind, ReusedKind>;

type Row = Omit<PrekeySecret, "id">;
type Largest = { readonly largest: number };

/** The row in which the largest ID is kept; no prekey has this ID. */
export const LARGEST = 0;

const ONE_TIME = `${PrekeyKind.oneTime}, ${PrekeyKind.oneTimeKem}`;
const OLD = `replaced_at < iif(kind IN (${ONE_TIME}), ?, ?)`;

/** How long prekeys are kept after they were replaced, or were gone, in milliseconds. */
export interface Ages {
  readonly oneTime: number;
  readonly reused: number;
}

export const PREKEYS: SealedTable<object> = {
  name: "prekeys",
  schema: `
    CREATE TABLE prekeys (
      id          INTEGER PRIMARY KEY,
      kind        INTEGER NOT NULL,
      made_at     INTEGER NOT NULL,
      replaced_at INTEGER, -- of a one-time prekey: since when the server has it no more
      sealed      BLOB NOT NULL
    ) STRICT;
  `,
  key: "id",
  tags: {},
};

export const AGREED: SealedTable = {
  name: "agreed",
  schema: `
    -- First messages that were agreed on, so that none is accepted twice.
    CREATE TABLE agreed (
      base   BLOB PRIMARY KEY, -- tag
      prekey INTEGER NOT NULL
    ) STRICT;
  `,
  key: "base",
  tags: {},
  isPlain: true,
};

/**
 * The secrets of this client's prekeys (`shared/PROTOCOL.md` section 9), and the first messages
 * that were agreed on with them.
 */
export class PrekeyStore extends SealedStore<Row | Largest, PrekeySecret> {
  protected readonly table = PREKEYS;

  /**
   * Keeps new prekeys, made at `now` in milliseconds. One of the kinds `signed` and `lastResort`
   * takes the place of all earlier ones of its kind.
   * @throws {RangeError} if an ID is not larger than all before this call
   */
  add(prekeys: readonly PrekeySecret[], now: number): void {
    this.transaction(() => {
      const before = this.largestId();
      let largest = before;
      for (const { id, kind, secret } of prekeys) {
        if (id <= before) throw new RangeError(`the ID ${id} of a prekey came before`);
        if (isReused(kind)) {
          const sql = "UPDATE prekeys SET replaced_at = ? WHERE kind = ? AND replaced_at IS NULL";
          this.run(sql, now, kind);
        }
        this.addRow({ id, kind, made_at: now }, { kind, secret });
        largest = Math.max(largest, id);
      }
      if (largest === before) return;
      this.putRow({ id: LARGEST, kind: 0, made_at: 0 }, { largest });
    });
  }

  get(id: number): PrekeySecret | undefined {
    const row = id === LARGEST ? undefined : this.findRow(id) as Row | undefined;
    return row && { id, ...row };
  }

  /** Returns the prekeys with a larger ID than `id`, in the order of their IDs. */
  after(id: number): PrekeySecret[] {
    return this.rows("WHERE id > ? ORDER BY id", Math.max(id, LARGEST));
  }

  /** Returns those of {@link after} that are neither replaced nor gone from the server. */
  waitingAfter(id: number): PrekeySecret[] {
    return this.rows("WHERE id > ? AND replaced_at IS NULL ORDER BY id", Math.max(id, LARGEST));
  }

  /** Returns how many prekeys of `kind` there are secrets of. */
  count(kind: OneTimeKind): number {
    const sql = "SELECT count(*) FROM prekeys WHERE kind = ?";
    return this.statement(sql).value<[number]>(kind)?.[0] ?? 0;
  }

  /** Returns the last prekey of that kind, and when it was made, in milliseconds. */
  current(kind: ReusedKind): { readonly id: number; readonly madeAt: number } | undefined {
    return this.statement(
      "SELECT id, made_at AS madeAt FROM prekeys WHERE kind = ? AND replaced_at IS NULL " +
        "ORDER BY id DESC LIMIT 1",
    ).get<{ id: number; madeAt: number }>(kind);
  }

  /** Forgets the secret of a prekey. */
  remove(id: number): void {
    this.run(`DELETE FROM prekeys WHERE id = ? AND id <> ${LARGEST}`, id);
  }

  /** Returns the largest ID that any prekey ever had, or 0. */
  largestId(): number {
    const row = this.findRow(LARGEST) as Largest | undefined;
    return row?.largest ?? 0;
  }

  /**
   * Notes that, at `now` in milliseconds, the server has no one-time prekeys of `kind` up to the ID
   * `upTo` but the last `left` of them.
   */
  noteGone(kind: OneTimeKind, upTo: number, left: number, now: number): void {
    const waiting = "kind = ?1 AND id <= ?2 AND replaced_at IS NULL";
    this.run(
      `UPDATE prekeys SET replaced_at = ?3 WHERE ${waiting} AND id NOT IN ` +
        `(SELECT id FROM prekeys WHERE ${waiting} ORDER BY id DESC LIMIT ?4)`,
      ...[kind, upTo, now, left],
    );
  }

  /** Returns how many one-time prekeys of `kind` up to the ID `upTo` the server may still have. */
  countWaiting(kind: OneTimeKind, upTo: number): number {
    const sql = "SELECT count(*) FROM prekeys WHERE kind = ? AND id <= ? AND replaced_at IS NULL";
    return this.statement(sql).value<[number]>(kind, upTo)?.[0] ?? 0;
  }

  /** Reports whether there is a prekey up to the ID `upTo`. */
  hasUpTo(upTo: number): boolean {
    return this.hasRow(`id <= ? AND id <> ${LARGEST}`, upTo);
  }

  /** Reports whether {@link purge} would forget something. */
  hasOld(now: number, ages: Ages): boolean {
    return this.hasRow(OLD, ...timesOf(now, ages));
  }

  /**
   * Forgets, at `now` in milliseconds, the prekeys that were replaced or gone for longer than these
   * ages, and what was agreed on with them. What a clock that was set back has in the future is
   * replaced now.
   */
  purge(now: number, ages: Ages): void {
    this.transaction(() => {
      this.run("UPDATE prekeys SET replaced_at = ?1 WHERE replaced_at > ?1", now);
      const times = timesOf(now, ages);
      const ids = `SELECT id FROM prekeys WHERE ${OLD}`;
      this.run(`DELETE FROM agreed WHERE prekey IN (${ids})`, ...times);
      this.run(`DELETE FROM prekeys WHERE ${OLD}`, ...times);
    });
  }

  /** Forgets all one-time prekeys: those of a restored profile may have been used. */
  removeOneTime(): void {
    this.run(`DELETE FROM prekeys WHERE kind IN (${ONE_TIME})`);
  }

  /** Remembers the 32-byte key `base` of a first message as long as its signed prekey is kept. */
  rememberAgreed(base: Bytes, prekeyId: number): void {
    const sql = "INSERT OR IGNORE INTO agreed (base, prekey) VALUES (?, ?)";
    this.run(sql, this.#tagOf(base), prekeyId);
  }

  /** Reports whether {@link rememberAgreed} was called with `base`. */
  isAgreed(base: Bytes): boolean {
    const sql = "SELECT 1 FROM agreed WHERE base = ?";
    return this.statement(sql).get(this.#tagOf(base)) !== undefined;
  }

  #tagOf(base: Bytes): Bytes {
    return this.vault.lastingBlind(AGREED.name, base);
  }
}

function timesOf(now: number, { oneTime, reused }: Ages): [number, number] {
  return [now - oneTime, now - reused];
}

function isReused(kind: PrekeyKind): kind is ReusedKind {
  return kind === PrekeyKind.signed || kind === PrekeyKind.lastResort;
}

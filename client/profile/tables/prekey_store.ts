/**
 * The secrets of this client's prekeys (`shared/PROTOCOL.md` section 9), sealed, and the first
 * messages that were agreed on with them.
 */
import type { Database, Statement } from "@db/sqlite";
import type { Bytes } from "../../../shared/bytes.ts";
import { MAX_ONE_TIME_PREKEYS } from "../../../shared/limits.ts";
import { PrekeyKind } from "../../../shared/protocol/prekey.ts";
import type { PrekeySecret } from "../../../shared/session/prekeys.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";
import { rowOf, type Vault } from "../sealing/vault.ts";

/** The kinds of which everybody is given the same, until the next replaces it. */
export type ReusedKind = typeof PrekeyKind.signed | typeof PrekeyKind.lastResort;

type Row = Omit<PrekeySecret, "id">;

const NAME = "prekeys";
/** No prekey has it: in its place the largest ID is kept. */
const LARGEST = 0;

export const PREKEYS: SealedTable = { name: NAME, key: "id", tags: {} };
/** Nothing in it is sealed, and its tags are lasting ones. */
export const AGREED = "agreed";

export class PrekeyStore {
  readonly #database: Database;
  readonly #vault: Vault;
  readonly #byId: Statement;
  readonly #after: Statement;
  readonly #current: Statement;
  readonly #replace: Statement;
  readonly #insert: Statement;
  readonly #putLargest: Statement;
  readonly #remove: Statement;
  readonly #removeOneTime: Statement;
  readonly #purge: Statement;
  readonly #purgeAgreed: Statement;
  readonly #purgeOneTime: Statement;
  readonly #agree: Statement;
  readonly #agreed: Statement;

  constructor(database: Database, vault: Vault) {
    this.#database = database;
    this.#vault = vault;
    this.#byId = database.prepare("SELECT sealed FROM prekeys WHERE id = ?");
    this.#after = database.prepare("SELECT id, sealed FROM prekeys WHERE id > ? ORDER BY id");
    this.#current = database.prepare(
      "SELECT id, made_at AS madeAt FROM prekeys WHERE kind = ? AND replaced_at IS NULL " +
        "ORDER BY id DESC LIMIT 1",
    );
    this.#replace = database.prepare(
      "UPDATE prekeys SET replaced_at = ? WHERE kind = ? AND replaced_at IS NULL",
    );
    this.#insert = database.prepare(
      "INSERT INTO prekeys (id, kind, made_at, sealed) VALUES (?, ?, ?, ?)",
    );
    this.#putLargest = database.prepare(
      `INSERT INTO prekeys (id, kind, made_at, sealed) VALUES (${LARGEST}, 0, 0, ?) ` +
        "ON CONFLICT DO UPDATE SET sealed = excluded.sealed",
    );
    this.#remove = database.prepare(`DELETE FROM prekeys WHERE id = ? AND id <> ${LARGEST}`);
    this.#removeOneTime = database.prepare("DELETE FROM prekeys WHERE kind IN (?, ?)");
    const replaced = `kind IN (${PrekeyKind.signed}, ${PrekeyKind.lastResort}) AND replaced_at < ?`;
    this.#purge = database.prepare(`DELETE FROM prekeys WHERE ${replaced}`);
    this.#purgeOneTime = database.prepare(
      "DELETE FROM prekeys WHERE kind = ?1 AND made_at < ?2 AND id NOT IN " +
        "(SELECT id FROM prekeys WHERE kind = ?1 ORDER BY id DESC LIMIT ?3)",
    );
    this.#purgeAgreed = database.prepare(
      `DELETE FROM agreed WHERE prekey IN (SELECT id FROM prekeys WHERE ${replaced})`,
    );
    this.#agree = database.prepare("INSERT OR IGNORE INTO agreed (base, prekey) VALUES (?, ?)");
    this.#agreed = database.prepare("SELECT 1 FROM agreed WHERE base = ?");
  }

  /**
   * Keeps new prekeys, made at `now` in milliseconds. One of the kinds `signed` and `lastResort`
   * takes the place of all earlier ones of its kind.
   * @throws {RangeError} where an ID is not larger than all before this call
   */
  add(prekeys: readonly PrekeySecret[], now: number): void {
    this.#database.transaction(() => {
      const before = this.largestId();
      let largest = before;
      for (const { id, kind, secret } of prekeys) {
        if (id <= before) throw new RangeError(`the ID ${id} of a prekey came before`);
        if (isReused(kind)) this.#replace.run(now, kind);
        this.#insert.run(id, kind, now, this.#seal(id, { kind, secret }));
        largest = Math.max(largest, id);
      }
      if (largest === before) return;
      this.#putLargest.run(this.#vault.sealRow(rowOf(NAME, LARGEST), { largest }));
    }).immediate();
  }

  /** @throws {ClientError} `bad-profile` where the row was changed */
  get(id: number): PrekeySecret | undefined {
    const sealed = id === LARGEST ? undefined : this.#byId.value<[Bytes]>(id)?.[0];
    return sealed && this.#open(id, sealed);
  }

  /**
   * Those that there are with a larger ID than `id`, in the order of their IDs.
   * @throws {ClientError} `bad-profile` where a row was changed
   */
  after(id: number): PrekeySecret[] {
    const rows = this.#after.all<{ id: number; sealed: Bytes }>(Math.max(id, LARGEST));
    return rows.map((row) => this.#open(row.id, row.sealed));
  }

  /** The last one of that kind, and when it was made, in milliseconds. */
  current(kind: ReusedKind): { readonly id: number; readonly madeAt: number } | undefined {
    return this.#current.get<{ id: number; madeAt: number }>(kind);
  }

  /** Forgets the secret of a prekey. */
  remove(id: number): void {
    this.#remove.run(id);
  }

  /** The largest ID of all prekeys that ever were, or 0. */
  largestId(): number {
    const sealed = this.#byId.value<[Bytes]>(LARGEST)?.[0];
    if (!sealed) return 0;
    return this.#vault.openRow<{ largest: number }>(rowOf(NAME, LARGEST), sealed).largest;
  }

  /**
   * Forgets the prekeys that were replaced earlier than `before`, in milliseconds, and what was
   * agreed on with them.
   */
  purge(before: number): void {
    this.#database.transaction(() => {
      this.#purgeAgreed.run(before);
      this.#purge.run(before);
    }).immediate();
  }

  /**
   * Forgets one-time prekeys that were made earlier than `before`, but for the last 200 of each kind:
   * the others were given out, and whoever got them has had the time to use them.
   */
  purgeOneTime(before: number): void {
    for (const kind of [PrekeyKind.oneTime, PrekeyKind.oneTimeKem]) {
      this.#purgeOneTime.run(kind, before, MAX_ONE_TIME_PREKEYS);
    }
  }

  /** Forgets all one-time prekeys: those of a restored profile may have been used. */
  removeOneTime(): void {
    this.#removeOneTime.run(PrekeyKind.oneTime, PrekeyKind.oneTimeKem);
  }

  /** Remembers the 32-byte key `base` of a first message for as long as its signed prekey is kept. */
  rememberAgreed(base: Bytes, prekeyId: number): void {
    this.#agree.run(this.#tagOf(base), prekeyId);
  }

  /** Whether {@link rememberAgreed} was told of `base`. */
  isAgreed(base: Bytes): boolean {
    return this.#agreed.get(this.#tagOf(base)) !== undefined;
  }

  #seal(id: number, row: Row): Bytes {
    return this.#vault.sealRow(rowOf(NAME, id), row);
  }

  #open(id: number, sealed: Bytes): PrekeySecret {
    return { id, ...this.#vault.openRow<Row>(rowOf(NAME, id), sealed) };
  }

  #tagOf(base: Bytes): Bytes {
    return this.#vault.lastingBlind(AGREED, base);
  }
}

function isReused(kind: PrekeyKind): kind is ReusedKind {
  return kind === PrekeyKind.signed || kind === PrekeyKind.lastResort;
}

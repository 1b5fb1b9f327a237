/** The table of prekeys, and the columns about prekeys in the table of clients. */
import type { Bytes } from "../../../shared/bytes.ts";
import { StorageError } from "../../../shared/errors.ts";
import { LOW_PREKEYS } from "../../../shared/limits.ts";
import { type Prekey, PrekeyKind } from "../../../shared/protocol/prekey.ts";
import type { CheckedIn } from "../../../shared/protocol/secure/prekeys.ts";
import type { PrekeyRecords } from "../prekey_records.ts";
import { known } from "../storage.ts";
import { PREKEY_OVERHEAD, type StorageLimits } from "../storage_options.ts";
import { type SqliteFile, Table } from "./database.ts";
import type { SqliteQuotas } from "./quotas.ts";
import { Watches } from "./watches.ts";

export const PREKEYS_SCHEMA = `
  ALTER TABLE clients ADD COLUMN last_prekey INTEGER NOT NULL DEFAULT 0; -- highest ID ever
  ALTER TABLE clients ADD COLUMN mark BLOB NOT NULL DEFAULT x'00000000000000000000000000000000';

  CREATE TABLE prekeys (
    owner     INTEGER NOT NULL REFERENCES clients (number),
    kind      INTEGER NOT NULL,
    id        INTEGER NOT NULL,
    key       BLOB NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (owner, kind, id)
  ) STRICT;
`;

interface OwnerRow {
  number: number;
  last_prekey: number;
  mark: Bytes;
}

export class SqlitePrekeys extends Table<keyof typeof STATEMENTS> implements PrekeyRecords {
  /** How many of each one-time kind are held for a client. */
  readonly #most: number;
  readonly #watches = new Watches();

  constructor(
    file: SqliteFile,
    { maxOneTimePrekeys }: StorageLimits,
    private readonly quotas: SqliteQuotas,
  ) {
    super(file, STATEMENTS);
    this.#most = maxOneTimePrekeys;
  }

  publish(ownerId: Bytes, prekeys: readonly Prekey[], { replace }: { replace: boolean }) {
    const sorted = prekeys.toSorted((a, b) => a.id - b.id);
    const from = replace ? sorted[0]?.id ?? 0 : 0;
    return this.file.write(() => {
      const owner = this.#owner(ownerId);
      // Only IDs behind the last one ever published, and each once.
      const added = sorted.filter(({ id }, i) =>
        id > owner.last_prekey && id !== sorted[i - 1]?.id
      );
      for (const kind of [PrekeyKind.oneTime, PrekeyKind.oneTimeKem]) {
        const more = added.filter((prekey) => prekey.kind === kind).length;
        if (more > 0 && this.#count(owner, kind, from) + more > this.#most) {
          throw new StorageError("prekeys-full", `no more than ${this.#most} one-time prekeys`);
        }
      }
      const more = this.#growth(owner, from, added);
      if (more > 0) this.quotas.checkSize(ownerId, more);
      const { forget, add, forgetKind, setLast } = this.statements;
      if (from > 0) forget.run(owner.number, from);
      for (const { kind, id, key, signature } of added) {
        if (isKept(kind)) forgetKind.run(owner.number, kind);
        add.run(owner.number, kind, id, key, signature);
      }
      const last = added.at(-1);
      if (last) setLast.run(last.id, owner.number);
    }, ownerId);
  }

  async draw(ownerId: Bytes, { oneTime, asker }: { oneTime: boolean; asker?: Bytes }) {
    const { drawn, low } = await this.file.write(() => {
      const owner = this.#owner(ownerId);
      const first = (kind: PrekeyKind) =>
        this.statements.first.get<Prekey & object>(owner.number, kind);
      const signed = first(PrekeyKind.signed);
      const kem = (oneTime ? first(PrekeyKind.oneTimeKem) : undefined) ??
        first(PrekeyKind.lastResort);
      if (!signed || !kem) throw new StorageError("no-prekeys", "the client has no prekeys");
      const further = oneTime ? first(PrekeyKind.oneTime) : undefined;
      const drawn = further ? [signed, kem, further] : [signed, kem];
      let low = false;
      for (const { kind, id } of drawn) {
        if (isKept(kind)) continue;
        this.statements.remove.run(owner.number, kind, id);
        low ||= this.#count(owner, kind) === LOW_PREKEYS;
      }
      return { drawn, low };
    }, asker);
    if (low) this.#watches.notify(ownerId);
    return drawn;
  }

  watch(owner: Bytes, notify: () => void): Promise<() => Promise<void>> {
    return this.file.read(() => this.#watches.add(owner, notify));
  }

  checkIn(clientId: Bytes, mark: Bytes): Promise<CheckedIn> {
    return this.file.write(() => {
      const client = this.#owner(clientId);
      this.statements.setMark.run(mark, client.number);
      return {
        mark: client.mark,
        prekeyId: client.last_prekey,
        oneTimeLeft: this.#count(client, PrekeyKind.oneTime),
        oneTimeKemLeft: this.#count(client, PrekeyKind.oneTimeKem),
      };
    }, clientId);
  }

  /** Returns by how many bytes the prekeys of `owner` grow; those before `from` go. */
  #growth({ number }: OwnerRow, from: number, added: readonly Prekey[]): number {
    const kinds = [...new Set(added.map(({ kind }) => kind).filter(isKept))];
    const lost = this.statements.lost.value<[number]>(number, from, kinds[0] ?? 0, kinds[1] ?? 0);
    const sizes = added.filter(({ kind, id }) =>
      !isKept(kind) || !added.some((other) => other.kind === kind && other.id > id)
    ).map(({ key, signature }) => PREKEY_OVERHEAD + key.length + signature.length);
    return sizes.reduce((sum, size) => sum + size, 0) - (lost?.[0] ?? 0);
  }

  #owner(id: Bytes): OwnerRow {
    return known(this.statements.owner.get<OwnerRow & object>(id));
  }

  /** Returns how many prekeys of `kind` have the ID `from` or a larger one. */
  #count({ number }: OwnerRow, kind: PrekeyKind, from = 0): number {
    return this.statements.count.value<[number]>(number, kind, from)?.[0] ?? 0;
  }
}

/** Reports whether prekeys of this kind are handed out repeatedly, so that only the last counts. */
function isKept(kind: PrekeyKind): boolean {
  return kind === PrekeyKind.signed || kind === PrekeyKind.lastResort;
}

const STATEMENTS = {
  owner: "SELECT number, last_prekey, mark FROM clients WHERE id = ?",
  count: "SELECT count(*) FROM prekeys WHERE owner = ? AND kind = ? AND id >= ?",
  first: "SELECT kind, id, key, signature FROM prekeys WHERE owner = ? AND kind = ? " +
    "ORDER BY id LIMIT 1",
  lost: `SELECT coalesce(sum(${PREKEY_OVERHEAD} + length(key) + length(signature)), 0) ` +
    "FROM prekeys WHERE owner = ? AND (id < ? OR kind IN (?, ?))",
  forget: "DELETE FROM prekeys WHERE owner = ? AND id < ?",
  forgetKind: "DELETE FROM prekeys WHERE owner = ? AND kind = ?",
  remove: "DELETE FROM prekeys WHERE owner = ? AND kind = ? AND id = ?",
  add: "INSERT INTO prekeys (owner, kind, id, key, signature) VALUES (?, ?, ?, ?, ?)",
  setLast: "UPDATE clients SET last_prekey = ? WHERE number = ?",
  setMark: "UPDATE clients SET mark = ? WHERE number = ?",
};

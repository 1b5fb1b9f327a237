/**
 * The states of the sessions with other clients (`shared/PROTOCOL.md` section 10), sealed. What a
 * state holds is known to `shared/session` alone.
 */
import type { Database, Statement } from "@db/sqlite";
import { type Bytes, equalBytes } from "../../../shared/bytes.ts";
import { ClientError } from "../../errors.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";
import { rowOf, type Vault } from "../sealing/vault.ts";

/** A session as it is kept. */
export interface StoredSession {
  readonly number: number;
  readonly state: Bytes;
}

type Row = { readonly peer: Bytes; readonly state: Bytes };

const NAME = "sessions";

export const SESSIONS: SealedTable<Row> = {
  name: NAME,
  key: "number",
  tags: { peer: (vault, { peer }) => tagOf(vault, peer) },
};

export class SessionStore {
  readonly #database: Database;
  readonly #vault: Vault;
  readonly #ofPeer: Statement;
  readonly #any: Statement;
  readonly #allRows: Statement;
  readonly #last: Statement;
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #touch: Statement;
  readonly #delete: Statement;
  readonly #prune: Statement;
  readonly #clear: Statement;

  constructor(database: Database, vault: Vault) {
    this.#database = database;
    this.#vault = vault;
    this.#ofPeer = database.prepare(
      "SELECT number, sealed FROM sessions WHERE peer = ? ORDER BY used DESC, number DESC",
    );
    this.#allRows = database.prepare("SELECT number, sealed FROM sessions ORDER BY number");
    this.#any = database.prepare("SELECT 1 FROM sessions WHERE peer = ? LIMIT 1");
    this.#last = database.prepare("SELECT max(number) FROM sessions");
    this.#insert = database.prepare(
      "INSERT INTO sessions (number, peer, used, sealed) VALUES (?1, ?2, " +
        "(SELECT coalesce(max(used), 0) + 1 FROM sessions WHERE peer = ?2), ?3)",
    );
    this.#update = database.prepare(
      "UPDATE sessions SET sealed = ?3 WHERE number = ?1 AND peer = ?2",
    );
    this.#touch = database.prepare(
      "UPDATE sessions SET used = (SELECT max(used) + 1 FROM sessions AS others " +
        "WHERE others.peer = sessions.peer) WHERE number = ?",
    );
    this.#delete = database.prepare("DELETE FROM sessions WHERE number = ?");
    this.#prune = database.prepare(
      "DELETE FROM sessions WHERE peer = ?1 AND number NOT IN (SELECT number FROM sessions " +
        "WHERE peer = ?1 ORDER BY used DESC, number DESC LIMIT ?2)",
    );
    this.#clear = database.prepare("DELETE FROM sessions");
  }

  /**
   * The sessions with `peer`, the most recently used first.
   * @throws {ClientError} `bad-profile` where a row was changed
   */
  load(peer: Bytes): StoredSession[] {
    const rows = this.#ofPeer.all<{ number: number; sealed: Bytes }>(tagOf(this.#vault, peer));
    return rows.map(({ number, sealed }) => {
      const row = this.#vault.openRow<Row>(rowOf(NAME, number), sealed);
      if (equalBytes(row.peer, peer)) return { number, state: row.state };
      throw new ClientError("bad-profile", `the profile is damaged: session ${number} was moved`);
    });
  }

  /** Whether there is a session with `peer`. */
  has(peer: Bytes): boolean {
    return this.#any.get(tagOf(this.#vault, peer)) !== undefined;
  }

  /**
   * All sessions with everybody.
   * @throws {ClientError} `bad-profile` where a row was changed
   */
  all(): (StoredSession & { readonly peer: Bytes })[] {
    return this.#allRows.all<{ number: number; sealed: Bytes }>().map(({ number, sealed }) => {
      return { number, ...this.#vault.openRow<Row>(rowOf(NAME, number), sealed) };
    });
  }

  /** Keeps a new session, from now on the most recently used one; gives its number. */
  insert(peer: Bytes, state: Bytes): number {
    return this.#database.transaction(() => {
      const number = (this.#last.value<[number | null]>()?.[0] ?? 0) + 1;
      this.#insert.run(number, tagOf(this.#vault, peer), this.#seal(number, peer, state));
      return number;
    }).immediate();
  }

  /**
   * Replaces the state of a session with `peer`.
   * @throws {RangeError} where it is gone: its keys must not be used then
   */
  update(number: number, peer: Bytes, state: Bytes): void {
    const sealed = this.#seal(number, peer, state);
    const changed = this.#update.run(number, tagOf(this.#vault, peer), sealed);
    if (changed === 0) throw new RangeError(`there is no session ${number} with this client`);
  }

  /** Makes this session the most recently used one of its peer. */
  touch(number: number): void {
    this.#touch.run(number);
  }

  delete(number: number): void {
    this.#delete.run(number);
  }

  /** Deletes the least recently used sessions with `peer` beyond `keep`. */
  prune(peer: Bytes, keep: number): void {
    this.#prune.run(tagOf(this.#vault, peer), keep);
  }

  /** Deletes all sessions with everybody. */
  clear(): void {
    this.#clear.run();
  }

  #seal(number: number, peer: Bytes, state: Bytes): Bytes {
    return this.#vault.sealRow(rowOf(NAME, number), { peer, state } satisfies Row);
  }
}

function tagOf(vault: Vault, peer: Bytes): Bytes {
  return vault.blind(NAME, peer);
}

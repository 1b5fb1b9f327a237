/**
 * The states of the sessions with other clients (`shared/PROTOCOL.md` section 10). Only
 * `shared/session` knows what a state holds.
 */
import { type Bytes, equalBytes } from "../../../shared/bytes.ts";
import { SealedStore } from "../sealing/sealed_store.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";
import { movedRow, rowOf, type Vault } from "../sealing/vault.ts";

/** A session as it is kept. */
export interface StoredSession {
  readonly number: number;
  readonly state: Bytes;
}

type Row = { readonly peer: Bytes; readonly state: Bytes };

export const SESSIONS: SealedTable<Row> = {
  name: "sessions",
  schema: `
    CREATE TABLE sessions (
      number INTEGER PRIMARY KEY,
      peer   BLOB NOT NULL,    -- tag
      used   INTEGER NOT NULL, -- grows with each use
      sealed BLOB NOT NULL
    ) STRICT;

    CREATE INDEX sessions_by_peer ON sessions (peer, used);
  `,
  key: "number",
  tags: { peer: (vault, { peer }) => tagOf(vault, peer) },
};

/** Keeps the sessions with each client, in the order of their use. */
export class SessionStore extends SealedStore<Row> {
  protected readonly table = SESSIONS.name;
  readonly #ofPeer = this.prepare(
    "SELECT number, sealed FROM sessions WHERE peer = ? ORDER BY used DESC, number DESC",
  );
  readonly #all = this.prepare("SELECT number, sealed FROM sessions ORDER BY number");
  readonly #any = this.prepare("SELECT 1 FROM sessions WHERE peer = ? LIMIT 1");
  readonly #insert = this.prepare(
    "INSERT INTO sessions (number, peer, used, sealed) VALUES (?1, ?2, " +
      "(SELECT coalesce(max(used), 0) + 1 FROM sessions WHERE peer = ?2), ?3)",
  );
  readonly #update = this.prepare(
    "UPDATE sessions SET sealed = ?3 WHERE number = ?1 AND peer = ?2",
  );
  readonly #touch = this.prepare(
    "UPDATE sessions SET used = (SELECT max(used) + 1 FROM sessions AS others " +
      "WHERE others.peer = sessions.peer) WHERE number = ?",
  );
  readonly #delete = this.prepare("DELETE FROM sessions WHERE number = ?");
  readonly #prune = this.prepare(
    "DELETE FROM sessions WHERE peer = ?1 AND number NOT IN (SELECT number FROM sessions " +
      "WHERE peer = ?1 ORDER BY used DESC, number DESC LIMIT ?2)",
  );
  readonly #clear = this.prepare("DELETE FROM sessions");

  /**
   * Returns the sessions with `peer`, the most recently used first.
   * @throws {ClientError} `bad-profile` if a row was changed
   */
  load(peer: Bytes): StoredSession[] {
    return this.openRows(this.#ofPeer, tagOf(this.vault, peer)).map((row) => {
      if (!equalBytes(row.peer, peer)) throw movedRow(rowOf(this.table, row.number));
      return { number: row.number, state: row.state };
    });
  }

  /** Reports whether there is a session with `peer`. */
  has(peer: Bytes): boolean {
    return this.#any.get(tagOf(this.vault, peer)) !== undefined;
  }

  /**
   * Returns all sessions with everyone.
   * @throws {ClientError} `bad-profile` if a row was changed
   */
  all(): (StoredSession & { readonly peer: Bytes })[] {
    return this.openRows(this.#all);
  }

  /** Keeps a new session, from now on the most recently used one; returns its number. */
  insert(peer: Bytes, state: Bytes): number {
    return this.transaction(() => {
      const number = this.nextNumber();
      this.#insert.run(number, tagOf(this.vault, peer), this.sealRow(number, { peer, state }));
      return number;
    });
  }

  /**
   * Replaces the state of a session with `peer`.
   * @throws {RangeError} if it is gone: its keys must not be used then
   */
  update(number: number, peer: Bytes, state: Bytes): void {
    const sealed = this.sealRow(number, { peer, state });
    const changed = this.#update.run(number, tagOf(this.vault, peer), sealed);
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
    this.#prune.run(tagOf(this.vault, peer), keep);
  }

  /** Deletes all sessions with everyone. */
  clear(): void {
    this.#clear.run();
  }
}

function tagOf(vault: Vault, peer: Bytes): Bytes {
  return vault.blind(SESSIONS.name, peer);
}

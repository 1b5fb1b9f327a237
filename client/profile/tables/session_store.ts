import type { Bytes } from "../../../shared/bytes.ts";
import { SealedStore } from "../sealing/sealed_store.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";

/** A session as it is kept. */
export interface StoredSession {
  readonly number: number;
  readonly state: Bytes;
}

/** Sessions that are read at once. */
export const PAGE = 16;

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
  tags: { peer: ["sessions", ({ peer }) => [peer]] },
};

/**
 * The states of the sessions with other clients (`shared/PROTOCOL.md` section 10). Only
 * `shared/session` knows what a state holds.
 */
export class SessionStore extends SealedStore<Row, Row & StoredSession> {
  protected readonly table = SESSIONS;

  /** Returns the sessions with `peer`, the most recently used first. */
  load(peer: Bytes): StoredSession[] {
    return this.rowsBy("peer", [peer], "ORDER BY used DESC, number DESC")
      .map(({ number, state }) => ({ number, state }));
  }

  /** Reports whether there is a session with `peer`. */
  has(peer: Bytes): boolean {
    return this.hasRow("peer = ?", this.tag("peer", peer));
  }

  /**
   * Returns the first sessions behind number `after`, at most {@link PAGE}, in their order: others
   * decide how large they are, and how many.
   */
  first(after = 0): (Row & StoredSession)[] {
    return this.rows("WHERE number > ? ORDER BY number LIMIT ?", after, PAGE);
  }

  /** Keeps a new session, from now on the most recently used one; returns its number. */
  insert(peer: Bytes, state: Bytes): number {
    return this.transaction(() => {
      const number = this.nextNumber();
      this.addRow({ number, used: 0 }, { peer, state });
      this.touch(number);
      return number;
    });
  }

  /**
   * Replaces the state of a session with `peer`.
   * @throws {RangeError} if it is gone: its keys must not be used then
   */
  update(number: number, peer: Bytes, state: Bytes): void {
    const sql = "UPDATE sessions SET sealed = ? WHERE number = ? AND peer = ?";
    const sealed = this.sealRow(number, { peer, state });
    const changed = this.run(sql, sealed, number, this.tag("peer", peer));
    if (changed === 0) throw new RangeError(`there is no session ${number} with this client`);
  }

  /** Makes this session the most recently used one of its peer. */
  touch(number: number): void {
    this.run(
      "UPDATE sessions SET used = (SELECT max(used) + 1 FROM sessions AS others " +
        "WHERE others.peer = sessions.peer) WHERE number = ?",
      number,
    );
  }

  delete(number: number): void {
    this.run("DELETE FROM sessions WHERE number = ?", number);
  }

  /** Deletes the least recently used sessions with `peer` beyond `keep`. */
  prune(peer: Bytes, keep: number): void {
    this.run(
      "DELETE FROM sessions WHERE peer = ?1 AND number NOT IN (SELECT number FROM sessions " +
        "WHERE peer = ?1 ORDER BY used DESC, number DESC LIMIT ?2)",
      this.tag("peer", peer),
      keep,
    );
  }

  clear(): void {
    this.run("DELETE FROM sessions");
  }
}

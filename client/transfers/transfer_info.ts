/** Files between secure clients, as their user sees them. Times are milliseconds since 1970. */
import { CHUNK_SIZE } from "../../shared/crypto/file_chunks.ts";
import type { Peer, Peers } from "../contacts/peers.ts";
import type { Direction, Transfer, TransferState } from "../profile/tables/transfers.ts";

/** A file that is, or was, on its way. */
export interface TransferInfo {
  readonly number: number;
  /** The number of its entry in the history; null if it has none. */
  readonly entry: number | null;
  readonly direction: Direction;
  readonly state: TransferState;
  /** The other client. */
  readonly peer: Peer;
  /** As its sender calls it. */
  readonly name: string;
  /** Bytes, in all and so far. */
  readonly size: number;
  readonly done: number;
  /** The source; the folder that it goes to, and in the end its place. Null: not wanted yet. */
  readonly path: string | null;
  readonly started: number;
  readonly ended: number | null;
  /** Why it failed, or waits. */
  readonly reason: string | null;
  /** When it may go on; null if at any time. */
  readonly retryAt: number | null;
}

/** A file that has come. */
export interface FetchedFile {
  /** The number of its transfer. */
  readonly number: number;
  readonly from: Peer;
  readonly path: string;
  readonly size: number;
  readonly name: string;
}

/** Returns what to show of `transfer`. */
export function transferInfo(transfer: Transfer, peers: Peers): TransferInfo {
  const { number, history: entry, direction, state, name, size, path, started, ended } = transfer;
  const wait = state === "active" ? transfer.wait ?? null : null;
  const reason = wait?.reason ?? transfer.reason;
  const retryAt = wait?.until ?? null;
  const peer = peers.known(transfer.peer) ?? { id: transfer.peer, name: "?" };
  const done = state === "done" ? size : Math.min(size, transfer.chunks * CHUNK_SIZE);
  const times = { started, ended, retryAt };
  return { number, entry, direction, state, peer, name, size, done, path, reason, ...times };
}

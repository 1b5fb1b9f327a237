/** What a connection lends to the session that serves it. */
import type { ByteSource } from "../../shared/io.ts";
import type { MemoryHolder } from "../limits/slow_holders.ts";
import type { PeerAddress } from "../limits/peer_address.ts";
import type { FrameReader } from "../../shared/protocol/frame_stream.ts";

export interface SessionLink {
  /** Where the peer is. */
  readonly address: PeerAddress;
  /** Who the connection is for the memory budget, where it waits no longer than it lives. */
  readonly memory: MemoryHolder;
  /**
   * Notes that `identity`, an ID in hex, has logged in. Returns false if it may not have one more
   * connection.
   */
  admit(identity: string): boolean;
  /** Waits for a turn of `client` with what takes long. Rejects if the connection has ended. */
  turn(client: string): Promise<void>;
  /** Lets others have their turns, if there are any, after so many requests of `client`. */
  goOn(client: string): Promise<void>;
  /** Does `work` in such a turn, which ends when all of it is done. */
  inTurn<T>(client: string, work: () => Promise<T>): Promise<T>;
  /** The peer's bytes after the first header. */
  readonly reader: FrameReader;
  /** The bytes that `reader` has not received yet. */
  readonly source: ByteSource;
  /** Writes as much as the system takes at once; returns how much that was. */
  writeSome(bytes: Uint8Array): Promise<number>;
  /** Ends the sending direction. */
  closeWrite(): Promise<void>;
  /** Moves the connection's deadline to `milliseconds` from now. */
  extend(milliseconds: number): void;
  /** Says that a peer that cannot log in was served. */
  answered(): void;
  /** Says that the peer has shown who it is. */
  loggedIn(): void;
  /** Ends the connection; all that waits on it fails. */
  abort(): void;
}

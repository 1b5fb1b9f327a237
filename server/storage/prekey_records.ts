/** Prekeys as the storage has them. A part of {@link ./storage.ts}, under the same rules. */
import type { Bytes } from "../../shared/bytes.ts";
import type { Prekey } from "../../shared/protocol/prekey.ts";
import type { CheckedIn } from "../../shared/protocol/secure/prekeys.ts";

/** What others need to start a session with a client. */
export interface PrekeyRecords {
  /**
   * Adds the prekeys of a client whose IDs are larger than every one that it published before, and
   * passes over the others: a repeat changes nothing. Of a kind that is handed out again and again
   * only the last one stays. With `replace` it first forgets all prekeys whose IDs are smaller than
   * those in `prekeys`. They count for the client: what does not grow is never refused for that.
   * @throws {StorageError} `unknown-client`, `prekeys-full`, `quota-full`, `never-fits`
   */
  publish(owner: Bytes, prekeys: readonly Prekey[], options: { replace: boolean }): Promise<void>;

  /**
   * Returns a client's prekeys for one session: the signed one, a one-time KEM prekey or else that
   * of last resort, and a one-time one if there is any. One-time prekeys are deleted; without
   * `oneTime` none is used. It is on behalf of the client `asker`.
   * @throws {StorageError} `unknown-client`, `no-prekeys`
   */
  draw(owner: Bytes, options: { oneTime: boolean; asker?: Bytes }): Promise<Prekey[]>;

  /**
   * Calls `notify` after each draw that leaves exactly `LOW_PREKEYS` of a one-time kind, from when
   * this resolves until the returned function is called.
   */
  watch(owner: Bytes, notify: () => void): Promise<() => Promise<void>>;

  /**
   * Keeps the 16 bytes of `mark` for a client, and returns the mark before, with what is known of
   * its prekeys.
   */
  checkIn(client: Bytes, mark: Bytes): Promise<CheckedIn>;
}

/** The prekeys of clients. A part of {@link ./storage.ts}, under the same rules. */
import type { Bytes } from "../../shared/bytes.ts";
import type { Prekey } from "../../shared/protocol/prekey.ts";
import type { CheckedIn } from "../../shared/protocol/secure/prekeys.ts";

export interface PrekeyRecords {
  /**
   * Adds the prekeys of a client whose IDs are larger than every one that it published before, and
   * passes over the others: a repeat changes nothing. Of a kind that is handed out again and again
   * only the last one stays. With `replace` it first forgets all prekeys whose IDs are smaller than
   * those in `prekeys`.
   * @throws {StorageError} `unknown-client`, `prekeys-full`
   */
  publish(owner: Bytes, prekeys: readonly Prekey[], options: { replace: boolean }): Promise<void>;

  /**
   * Returns a client's prekeys for one session: the signed one, a one-time KEM prekey or else that
   * of last resort, and a one-time one if there is any. One-time prekeys are deleted; without
   * `oneTime` none is used.
   * @throws {StorageError} `unknown-client`, `no-prekeys`
   */
  draw(owner: Bytes, options: { oneTime: boolean }): Promise<Prekey[]>;

  /**
   * Keeps the 16 bytes of `mark` for a client, and returns the mark before, with what is known of
   * its prekeys.
   * @throws {StorageError} `unknown-client`
   */
  checkIn(client: Bytes, mark: Bytes): Promise<CheckedIn>;
}

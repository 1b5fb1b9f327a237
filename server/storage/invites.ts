/**
 * Who may register where the operator invites. A code is known to the operator and to whoever got
 * it; the server keeps its hash. A part of {@link ./storage.ts}, under the same rules.
 */
import { type Bytes, utf8 } from "../../shared/bytes.ts";
import { sha256 } from "../../shared/crypto/hash.ts";

/** What an invite is worth. */
export interface InviteTerms {
  /** How many may register with it. */
  readonly uses: number;
  /** Until when, in milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface Invite extends InviteTerms {
  /** Names the invite; the code does not follow from it. */
  readonly number: number;
  /** How many may still register. */
  readonly left: number;
}

export interface Invites {
  /** Keeps a new invite, by the hash of its code. Forgets those that have expired. */
  create(hash: Bytes, terms: InviteTerms): Promise<Invite>;

  /** Returns all invites in the order of their numbers, also those that are worth nothing more. */
  list(): Promise<Invite[]>;

  /** Deletes an invite. Reports whether there was one. */
  withdraw(number: number): Promise<boolean>;
}

const LABEL = utf8("messaging-system/3 invite");

/** Returns the hash by which the invite with this code of 16 bytes is kept: 32 bytes. */
export function inviteHash(code: Bytes): Bytes {
  return sha256(LABEL, code);
}

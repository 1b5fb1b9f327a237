/** Who is at the other end of a secure channel. */
import { type Bytes, equalBytes } from "../../shared/bytes.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { Refusal } from "../wire/error_replies.ts";

/** Filled by the login and the registration. */
export interface SecurePeer {
  /** 32 bytes that name the channel. */
  readonly handshakeHash: Bytes;
  identity: Identity | null;
  registered: boolean;
}

/**
 * Checks that the ID in a header is zero or that of `identity`.
 * @throws {Refusal} `forbidden`
 */
export function checkHeaderId(clientId: Uint8Array, identity: Identity): void {
  if (!equalBytes(clientId, identity.clientId) && clientId.some((byte) => byte !== 0)) {
    throw new Refusal("forbidden", "the ID in the header is not the one that has logged in");
  }
}

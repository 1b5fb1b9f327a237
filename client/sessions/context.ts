import type { Bytes } from "../../shared/bytes.ts";
import type { Random } from "../../shared/crypto/random.ts";
import type { Party } from "../../shared/session/agreement.ts";
import type { SecureTransport } from "../network/transport.ts";
import type { Profile } from "../profile/profile.ts";

/** What a client is given from outside. */
export interface ClientRuntime {
  readonly random: Random;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How many one-time prekeys of each kind are on the server after publishing; 100 by default. */
  readonly oneTimeTarget?: number;
  /** Where the system keeps the state of programs; undefined if nothing may be kept there. */
  readonly stateDirectory?: string;
}

/** What the classes of this room work with; each takes its part. */
export interface SessionContext extends ClientRuntime {
  profile: Profile;
  transport: SecureTransport;
  own: Party;
  /** The Ed25519 secret of the identity, 32 bytes. */
  signing: Bytes;
}

/**
 * What a secure profile has beside the operations of every profile: sessions, an outbox, and prekeys
 * that must be kept up.
 */
import { verifyIdentity } from "../../shared/crypto/identity.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import type { Random } from "../../shared/session/ratchet.ts";
import { ClientError } from "../errors.ts";
import { FileTransfers } from "../transfers/file_transfers.ts";
import { Outgoing } from "./outgoing.ts";
import { PrekeyUpkeep } from "./prekey_upkeep.ts";
import type { Peer, Peers } from "../contacts/peers.ts";
import type { Profile } from "../profile/profile.ts";
import type { SecureIdentity } from "../profile/tables/identities.ts";
import { SecureMessages } from "./secure_messages.ts";
import { Sessions } from "./sessions.ts";
import type { SecureTransport } from "../network/transport.ts";

/** How long after the last time the prekeys are looked after again, in milliseconds: an hour. */
const UPKEEP_INTERVAL = 60 * 60 * 1000;

export interface SecureSideOptions {
  profile: Profile;
  transport: SecureTransport;
  peers: Peers;
  random: Random;
  /** Milliseconds since 1970. */
  now: () => number;
  /** As in {@link PrekeyUpkeepOptions}. */
  oneTimeTarget?: number;
}

export class SecureSide {
  readonly sessions: Sessions;
  readonly outgoing: Outgoing;
  readonly messages: SecureMessages;
  readonly files: FileTransfers;
  readonly #upkeep: PrekeyUpkeep;
  readonly #options: SecureSideOptions;
  #keptUp: number | null = null;
  #keepingUp: Promise<boolean> | null = null;

  private constructor(options: SecureSideOptions, own: Identity, { secrets }: SecureIdentity) {
    const { profile, transport, random, now, oneTimeTarget } = options;
    this.#options = options;
    const party = { identity: own, agreement: secrets.agreement };
    const { signing } = secrets;
    this.sessions = new Sessions({ profile, own: party, random, now });
    const { sessions } = this;
    this.outgoing = new Outgoing({ profile, transport, sessions, random, now });
    const { outgoing } = this;
    this.messages = new SecureMessages({ profile, sessions, outgoing, own: party, signing, now });
    const ensureSession = (peer: Identity, to: Peer) => this.ensureSession(peer, to);
    this.files = new FileTransfers({ ...options, outgoing, ensureSession });
    const upkeep = { profile, transport, signing, random, now, oneTimeTarget };
    this.#upkeep = new PrekeyUpkeep(upkeep);
  }

  static async of(options: SecureSideOptions, identity: SecureIdentity): Promise<SecureSide> {
    return new SecureSide(options, await verifyIdentity(identity.publicKey), identity);
  }

  /**
   * Looks after the prekeys and sends what is left in the outbox; to be called before anything is
   * sent, and again from time to time. Gives what the user should know.
   * @throws {ClientError} what the network may do
   */
  async prepare(): Promise<string[]> {
    const notices: string[] = [];
    let refusal: ClientError | null = null;
    try {
      if (await this.#keepUp()) {
        notices.push(
          "this profile is an older copy: new sessions begin, and what cannot be opened is asked " +
            "for again",
        );
      }
    } catch (error) {
      if (!(error instanceof ClientError && error.code === "refused")) throw error;
      refusal = error; // what is in the outbox has nothing to do with it
    }
    notices.push(...await this.#flush());
    if (refusal) throw refusal;
    return notices;
  }

  /** Looks after the prekeys where it is time; gives whether the profile is an older copy. */
  async #keepUp(): Promise<boolean> {
    const { now } = this.#options;
    if (this.#keptUp !== null && now() - this.#keptUp <= UPKEEP_INTERVAL) return false;
    this.#keepingUp ??= this.#upkeep.run().then(({ restored }) => {
      this.#keptUp = now();
      this.#options.profile.transaction(() => this.sessions.dropExpired());
      return restored;
    }).finally(() => this.#keepingUp = null);
    return await this.#keepingUp;
  }

  /** Asks again for what could not be opened, and sends what is in the outbox. As {@link prepare}. */
  async repair(): Promise<string[]> {
    const { peers } = this.#options;
    await this.messages.askAgain(async (id) => {
      try {
        return await peers.identityOf(await peers.withId(id));
      } catch (error) {
        // One whose key the server does not give is no reason to leave the others out.
        if (error instanceof ClientError && !isUnreachable(error)) return undefined;
        throw error;
      }
    });
    return await this.#flush();
  }

  async #flush(): Promise<string[]> {
    const { peers } = this.#options;
    const refused: string[] = [];
    await this.outgoing.flush(({ message }, { to }) => {
      refused.push(`a message to ${peers.known(to)?.name ?? "somebody"} was dropped: ${message}`);
    });
    return refused;
  }

  /**
   * Makes sure that there is a session with this client.
   * @throws {ClientError} `no-prekeys`, `wrong-identity`, `bad-key`, and what the network may do
   */
  async ensureSession(identity: Identity, peer: Peer): Promise<void> {
    const { sessions, outgoing } = this;
    const { profile } = this.#options;
    if (profile.sessions.has(identity.clientId)) return;
    const bundle = await outgoing.bundleOf(identity, peer.name);
    // Another message may have been faster.
    if (profile.sessions.has(identity.clientId)) return;
    outgoing.explained(peer.name, () => sessions.commit(() => sessions.start(identity, bundle)));
  }
}

/** Whether, after this failure, a message can still be sealed in a session that there is. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof ClientError && ["unreachable", "queued", "refused"].includes(error.code);
}

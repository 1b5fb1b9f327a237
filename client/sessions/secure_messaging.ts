import { toHex } from "../../shared/bytes.ts";
import { type Identity, verifyIdentity } from "../../shared/crypto/identity.ts";
import { ClientError } from "../errors.ts";
import { type ClassicFileSender, FileTransfers } from "../transfers/file_transfers.ts";
import { RunCount } from "../disk/run_count.ts";
import type { ClientRuntime, SessionContext } from "./context.ts";
import type { RefusedItem } from "./outbox_delivery.ts";
import { OutboxSealing } from "./outbox_sealing.ts";
import { type CopyState, PrekeyUpkeep } from "./prekey_upkeep.ts";
import type { Peers } from "../contacts/peers.ts";
import type { SecureIdentity } from "../profile/tables/identities.ts";
import { isReceipt, Receipts } from "./receipts.ts";
import { Resets } from "./resets.ts";
import { SecureOpener } from "./secure_opener.ts";
import { Sender } from "./sender.ts";
import { SessionStarter } from "./session_starter.ts";
import { Sessions } from "./sessions.ts";

type Secrets = SecureIdentity["secrets"];

/** How long after the last time the prekeys are looked after again, in milliseconds: an hour. */
export const UPKEEP_INTERVAL = 60 * 60 * 1000;
/** The same when the server says that they run low: a minute, however often it says so. */
export const LOW_INTERVAL = 60 * 1000;

const OLD_COPY =
  "this profile is an older copy, or the server was restored from a backup: new sessions begin, " +
  "and what cannot be opened is asked for again. Use one copy of a profile only";
const FOREIGN_COPY =
  "the server remembers something else of this profile: the server was restored from a backup, " +
  "or another copy of this profile was used. Nothing is lost: the keys for first messages are " +
  "renewed, and what cannot be opened is asked for again. If neither is so, it is not honest";

type SecureMessagingOptions =
  & ClientRuntime
  & Pick<SessionContext, "profile" | "transport">
  & { peers: Peers; classic: ClassicFileSender };

/**
 * What a secure profile has beside the operations of every profile: sessions, an outbox, and
 * prekeys that must be kept up.
 */
export class SecureMessaging {
  readonly sessions: Sessions;
  readonly starter: SessionStarter;
  readonly sender: Sender;
  readonly receipts: Receipts;
  readonly opener: SecureOpener;
  readonly resets: Resets;
  readonly files: FileTransfers;
  readonly #upkeep: PrekeyUpkeep;
  readonly #sealing: OutboxSealing;
  readonly #options: SecureMessagingOptions;
  #keptUp: number | null = null;
  #prekeysLow = false;
  #keepingUp: Promise<CopyState> | null = null;
  #saidForeign = false;

  private constructor(options: SecureMessagingOptions, identity: Identity, secrets: Secrets) {
    const { profile, transport, random, now } = options;
    const { signing, agreement } = secrets;
    const own = { identity, agreement };
    this.#options = options;
    const sessions = this.sessions = new Sessions({ profile, own, random, now });
    const starter = this.starter = new SessionStarter({
      profile,
      transport,
      sessions,
      own,
      random,
      now,
    });
    const sender = this.sender = new Sender({ profile, transport, sessions, random, now });
    const receipts = this.receipts = new Receipts({ profile, sessions, sender, now });
    this.opener = new SecureOpener({ profile, sessions, receipts, now });
    this.resets = new Resets({ profile, sessions, starter, sender, own, signing, now });
    this.files = new FileTransfers({ ...options, sender, starter });
    const runCount = new RunCount(options.stateDirectory, identity.clientId);
    this.#upkeep = new PrekeyUpkeep({ ...options, signing, runCount });
    this.#sealing = new OutboxSealing({ ...options, sessions, starter });
  }

  static async of(
    options: SecureMessagingOptions,
    identity: SecureIdentity,
  ): Promise<SecureMessaging> {
    return new SecureMessaging(
      options,
      await verifyIdentity(identity.publicKey),
      identity.secrets,
    );
  }

  /**
   * Looks after the prekeys and sends what is left in the outbox; to be called before anything is
   * sent, and again from time to time. Returns what the user should know.
   * @throws {ClientError} what the network may do
   */
  async prepare(): Promise<string[]> {
    const notices: string[] = [];
    let refusal: ClientError | null = null;
    try {
      const copy = await this.#keepUp();
      if (copy === "old") notices.push(OLD_COPY);
      if (copy === "foreign" && !this.#saidForeign) notices.push(FOREIGN_COPY);
      this.#saidForeign ||= copy === "foreign";
    } catch (error) {
      if (!(error instanceof ClientError && error.code === "refused")) throw error;
      refusal = error; // what is in the outbox has nothing to do with it
    }
    notices.push(...this.#told(await this.#sealing.run()), ...await this.#flush());
    if (refusal) throw refusal;
    return notices;
  }

  /**
   * Notes that the server says that few one-time prekeys are left. Reports whether that is news
   * since the last upkeep: it may say so as often as it likes.
   */
  notePrekeysLow(): boolean {
    const isNews = !this.#prekeysLow;
    this.#prekeysLow = true;
    return isNews;
  }

  /** Reports whether there are secrets whose time is over. */
  hasOldSecrets(): boolean {
    return this.#upkeep.hasOld();
  }

  /** Drops old secrets. To be called when all that waited on the server was opened. */
  dropOldSecrets(): void {
    this.#upkeep.drop();
  }

  /** Looks after the prekeys if it is time; tells what is known of copies of the profile. */
  async #keepUp(): Promise<CopyState> {
    const { now } = this.#options;
    const since = this.#keptUp === null ? Infinity : now() - this.#keptUp;
    const interval = this.#prekeysLow ? LOW_INTERVAL : UPKEEP_INTERVAL;
    if (since >= 0 && since < interval) return "none"; // less than 0 by a clock that was set back
    const low = this.#prekeysLow;
    this.#prekeysLow = false;
    this.#keepingUp ??= this.#upkeep.run().then((copy) => {
      this.#keptUp = now();
      const { profile } = this.#options;
      profile.transaction(() => {
        this.sessions.dropExpired();
        profile.envelopes.forgetOld(); // whoever sends a lot must not fill the disk for ever
      });
      return copy;
    }).catch((error) => {
      this.#prekeysLow ||= low; // the server says so once
      throw error;
    }).finally(() => this.#keepingUp = null);
    return await this.#keepingUp;
  }

  /**
   * Asks again for what could not be opened, and sends what is in the outbox. As {@link prepare}.
   */
  async repair(): Promise<string[]> {
    const { peers } = this.#options;
    await this.resets.askAgain(async (id) => {
      try {
        return await peers.identityOf(peers.withId(id));
      } catch (error) {
        // One whose key the server does not give is no reason to leave the others out.
        if (error instanceof ClientError && !isUnreachable(error)) return undefined;
        throw error;
      }
    });
    return await this.#flush();
  }

  async #flush(): Promise<string[]> {
    return this.#told(await this.sender.flush());
  }

  #told(refused: readonly RefusedItem[]): string[] {
    const { peers } = this.#options;
    return refused.filter(({ item }) => !isReceipt(item)).map(({ item, error }) => {
      const name = peers.known(item.to)?.name ?? toHex(item.to);
      const what = error.code === "queued" ? "waits" : "was dropped";
      return `a message to ${name} ${what}: ${error.message}`;
    });
  }
}

/** Reports whether, after this failure, a message can still be sealed in an existing session. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof ClientError && ["unreachable", "queued", "refused"].includes(error.code);
}

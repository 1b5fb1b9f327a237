import { toHex } from "../../shared/bytes.ts";
import type { Peers } from "../contacts/peers.ts";
import { ClientError, type ClientErrorCode } from "../errors.ts";
import { mayPass } from "../network/failures.ts";
import type { OutboxItem } from "../profile/tables/outbox.ts";
import type { SessionContext } from "./context.ts";
import type { RefusedItem } from "./outbox_delivery.ts";
import { contentOf } from "./resets.ts";
import type { SessionStarter } from "./session_starter.ts";
import type { Sessions } from "./sessions.ts";

/** Why a text can never be sealed; after any other failure it is tried again. */
const FINAL: readonly ClientErrorCode[] = ["no-prekeys", "bad-key", "wrong-identity", "refused"];

type OutboxSealingOptions = Pick<SessionContext, "profile"> & {
  peers: Peers;
  sessions: Sessions;
  starter: SessionStarter;
};

/**
 * Seals the texts in the outbox that have no content: those of a profile whose sessions had to
 * start anew before the texts were sent.
 */
export class OutboxSealing {
  /** What is left to be sealed; null before the outbox was looked at. */
  #left: OutboxItem[] | null = null;
  #refused: RefusedItem[] = [];
  /** The run that is going on. */
  #running: Promise<void> | null = null;

  constructor(private readonly options: OutboxSealingOptions) {}

  /**
   * Seals what can be sealed now. Returns the messages that never can; they are dropped. Calls at
   * the same time share one run.
   * @throws {ClientError} what the network may do
   */
  async run(): Promise<RefusedItem[]> {
    await (this.#running ??= this.#sealAll().finally(() => this.#running = null));
    return this.#refused.splice(0);
  }

  async #sealAll(): Promise<void> {
    const { outbox } = this.options.profile;
    const left = this.#left ??= outbox.first(0, Number.MAX_SAFE_INTEGER)
      .filter(({ content }) => content.length === 0);
    for (const item of [...left]) {
      try {
        await this.#seal(item);
      } catch (error) {
        if (mayPass(error)) continue;
        if (!(error instanceof ClientError) || !FINAL.includes(error.code)) throw error;
        this.#drop(item, error);
      }
      left.splice(left.indexOf(item), 1);
    }
  }

  async #seal({ number, to, history }: OutboxItem): Promise<void> {
    const { profile, peers, sessions, starter } = this.options;
    const name = peers.known(to)?.name ?? toHex(to);
    const entry = history === null ? undefined : profile.history.entry(history);
    const again = entry && contentOf(entry, profile.history);
    if (!again) return profile.outbox.remove(number); // it was forgotten meanwhile
    const identity = await peers.identityOf({ id: to, name });
    if (!identity) throw new ClientError("bad-key", `${name} is no secure client`);
    await starter.ensure(identity, name);
    sessions.commit(() => {
      profile.outbox.setContent(number, sessions.seal(identity, again.type, again.content));
    });
  }

  #drop(item: OutboxItem, error: ClientError): void {
    const { profile } = this.options;
    profile.transaction(() => {
      profile.outbox.remove(item.number);
      if (item.history !== null) profile.history.markFailed(item.history);
    });
    this.#refused.push({ item, error });
  }
}

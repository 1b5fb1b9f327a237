import { toHex } from "../../shared/bytes.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import { ClientError } from "../errors.ts";
import type { Peer } from "../contacts/peers.ts";
import type { Envelope } from "../profile/tables/envelopes.ts";
import type { ClassicSender } from "../classic/classic_sender.ts";
import type { SecureMessaging } from "../sessions/secure_messaging.ts";
import type { FileWishes } from "../sessions/secure_opener.ts";
import { Declined } from "./declined.ts";
import { Unusable } from "./problems.ts";
import type { Destination } from "./received.ts";

/**
 * How a message is left for the next run: "blocking" if those behind it wait, too, else "alone". A
 * message that is only held has no state of its own: the next pass looks at it again.
 */
type Left = "blocking" | "alone";

/**
 * What happened to the unreadable messages of a classic sender whose key came: the pass went back
 * to them, or it has to do so "again" at its end, as further keys came.
 */
type Retry = "retried" | "again";

/** Resets of one client that wait for their turn; they are looked at again and again. */
export const MAX_WAITING_RESETS = 16;

/**
 * What one run through the waiting messages remembers: which messages must not be opened yet, and
 * why. All else that becomes of a message is in the profile.
 */
export class Round {
  readonly wishes: FileWishes;
  /** The classic clients who got a key already: their IDs in hex. */
  readonly answered = new Set<string>();
  /** The senders whom this pass has asked the server for: their IDs in hex. */
  readonly askedFor = new Set<string>();
  /** Why nothing more is asked of the server. */
  failure: unknown = undefined;
  /** Messages that are of no use, and were not told of yet. */
  readonly unusable = new Unusable();
  /** Contents that were not kept, and were not told of yet. */
  readonly declined: Declined;
  readonly #ordered: boolean;
  /** By the numbers of messages. */
  readonly #left = new Map<number, Left>();
  /** The senders, in hex, whose messages are held until the next pass. */
  readonly #held = new Set<string>();
  /** By senders, in hex. */
  readonly #retries = new Map<string, Retry>();
  /** How many resets wait, by senders, in hex. */
  readonly #waitingResets = new Map<string, number>();

  /** `ordered`: messages of one sender open in their order alone, as those of a session must. */
  constructor(
    { folder, files = "fetch", maxSize = Infinity }: Destination,
    { ordered, declined = new Declined() }: { ordered: boolean; declined?: Declined },
  ) {
    this.declined = declined;
    this.wishes = { folder, maxSize: files === "fetch" ? maxSize : -1 };
    this.#ordered = ordered;
  }

  /** Starts a pass through the messages: what was only held is looked at again. */
  startPass(): void {
    this.askedFor.clear();
    this.#held.clear();
    this.#retries.clear();
  }

  /** Reports whether a message can be opened now; if it cannot, those that it holds are held. */
  admits(envelope: Envelope): boolean {
    const left = this.#left.get(envelope.number);
    if (left === "blocking") this.hold(envelope);
    return left === undefined && !this.#held.has(toHex(envelope.from));
  }

  /** Holds a message until the next pass, and those behind it with it. */
  hold({ type, from }: Envelope): void {
    // A reset that waits is no reason to hold what came in the sessions that there are.
    if (this.#ordered && type !== MessageType.keyRequest) this.#held.add(toHex(from));
  }

  /** Leaves a message for the next run, and with "blocking" those behind it. */
  leave(envelope: Envelope, how: Left): void {
    this.#left.set(envelope.number, how);
    if (how === "blocking") this.hold(envelope);
  }

  /** Counts one more reset that waits; reports whether `sender` may have so many. */
  mayWait({ id }: Peer): boolean {
    const count = (this.#waitingResets.get(toHex(id)) ?? 0) + 1;
    this.#waitingResets.set(toHex(id), count);
    return count <= MAX_WAITING_RESETS;
  }

  /**
   * Notes that a key of `sender` came. Reports whether to go back to its unreadable messages now:
   * one who sends many keys has them tried at the first and at the end, not each time.
   */
  retry(sender: Uint8Array): boolean {
    const id = toHex(sender);
    const isFirst = !this.#retries.has(id);
    this.#retries.set(id, isFirst ? "retried" : "again");
    return isFirst;
  }

  /** Reports whether the messages are to be gone through once more, for keys that came late. */
  takeRetries(): boolean {
    const late = [...this.#retries].filter(([, retry]) => retry === "again");
    for (const [id] of late) this.#retries.set(id, "retried");
    return late.length > 0;
  }

  /** Does something that may fail with the network; then the round goes on without it. */
  async attempt<T>(step: () => Promise<T>): Promise<T | undefined> {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      this.failure ??= error;
    }
  }
}

/** Does what must come before the messages: {@link SecureMessaging.prepare}. Returns notices. */
export async function prepare(secure: SecureMessaging, round: Round): Promise<string[]> {
  try {
    return await secure.prepare();
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    // A server that refuses this may have messages all the same.
    if (error.code === "refused") return [error.message];
    round.failure ??= error;
    return [];
  }
}

/**
 * Sends what the messages so far call for, and asks again for what could not be opened; returns
 * notices.
 */
export async function repair(secure: SecureMessaging, round: Round): Promise<string[]> {
  return await attempt(round, () => secure.repair());
}

/** As {@link repair}, in a classic profile: sends what waited for a key that has come. */
export async function sendKept(sender: ClassicSender, round: Round): Promise<string[]> {
  return await attempt(round, () => sender.sendKept());
}

async function attempt(round: Round, step: () => Promise<string[]>): Promise<string[]> {
  if (round.failure !== undefined) return [];
  return await round.attempt(step) ?? [];
}

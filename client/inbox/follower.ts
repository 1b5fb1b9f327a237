import { ClientError } from "../errors.ts";
import type { PushReceiver, SecureTransport } from "../network/transport.ts";
import type { Profile } from "../profile/profile.ts";
import type { SecureMessaging } from "../sessions/secure_messaging.ts";
import { BackgroundTransfers } from "./background_transfers.ts";
import { Declined } from "./declined.ts";
import { MessageCollector } from "./message_collector.ts";
import type { MessageOpener } from "./message_opener.ts";
import type { Mutex } from "./mutex.ts";
import type { Destination, Received } from "./received.ts";
import { prepare, repair, Round } from "./round.ts";
import type { ShownMessages } from "./shown_messages.ts";
import type { OnProgress } from "../transfers/uploads.ts";

/** How often a follower looks whether something is due, in milliseconds. */
const LOOK_INTERVAL = 60_000;

export interface FollowerOptions {
  profile: Profile;
  transport: SecureTransport;
  secure: SecureMessaging;
  opener: MessageOpener;
  shown: ShownMessages;
  destination: Destination;
  /** Whoever has it may open messages. */
  turns: Mutex;
}

/** Somebody who follows with a follower that is there. */
export interface Watcher {
  /** Where files go from now on. */
  readonly destination: Destination;
  /** Called when there may be something to show, and when following has ended. */
  readonly wake: () => void;
}

/**
 * Works in turns: whatever happens meanwhile leads to another one. In a turn all that was collected
 * is opened, acknowledged and shown, and then what is due is done.
 */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #transfers: BackgroundTransfers;
  readonly #declined = new Declined();
  /** Resolves when there is a reason for another turn. */
  #news = Promise.withResolvers<void>();
  /** For messages that are stored, and opened by the next turn. */
  #acknowledgements: (() => void)[] = [];
  /** The largest ID of a message that this connection brought and that is stored. */
  #stored = 0;
  /** Whether prekeys, the outbox and failed transfers are to be looked after. */
  #upkeep: "due" | "done" = "done";
  /** The first one says where files go. */
  readonly #watchers: Watcher[] = [];
  /** Why following ends. */
  #failure: { readonly reason: unknown } | null = null;

  constructor(options: FollowerOptions) {
    this.#options = options;
    const { secure: { files }, destination: { signal } } = options;
    this.#transfers = new BackgroundTransfers({
      ...{ files, onProgress: this.#onProgress, signal },
      wishes: () => this.#newRound().wishes,
      onNews: () => this.#news.resolve(),
      onFailure: (reason) => this.#end(reason),
    });
  }

  /** Why following has ended; null while it goes on. */
  get failure(): { readonly reason: unknown } | null {
    return this.#failure;
  }

  /** Has `watcher` hear of what comes, until the result is disposed of. */
  watch(watcher: Watcher): Disposable {
    this.#watchers.push(watcher);
    this.#look();
    return {
      [Symbol.dispose]: () => void this.#watchers.splice(this.#watchers.indexOf(watcher), 1),
    };
  }

  /** Keeps files at rest until the result is disposed of; others may move them meanwhile. */
  holdTransfers(): Promise<Disposable> {
    return this.#transfers.hold();
  }

  /**
   * Works until the signal of the destination is aborted.
   * @throws {ClientError} what making the connection again cannot mend, and `interrupted`
   */
  async *run(): AsyncGenerator<Received> {
    const { transport, shown, turns } = this.#options;
    yield* shown.unshown();
    transport.follow(() => this.#newReceiver())
      .catch((reason) => this.#end(reason));
    const timer = setInterval(() => this.#look(), LOOK_INTERVAL);
    const { signal } = this.#options.destination;
    signal?.addEventListener("abort", () => this.#news.resolve());
    try {
      while (!signal?.aborted) {
        {
          using _turn = await turns.lock();
          yield* this.#turn();
        }
        this.#wakeAll();
        await this.#news.promise;
        this.#news = Promise.withResolvers();
      }
    } finally {
      clearInterval(timer);
      await this.#transfers.hold(); // for ever
      this.#failure ??= { reason: new ClientError("interrupted", "following has ended") };
      this.#wakeAll();
    }
  }

  async *#turn(): AsyncGenerator<Received> {
    const { profile, secure, opener, shown } = this.#options;
    const round = this.#newRound();
    const acknowledgements = this.#acknowledgements.splice(0);
    yield* opener.openAll(round);
    for (const acknowledge of acknowledgements) acknowledge();
    if (this.#failure) throw this.#failure.reason;
    if (this.#upkeep === "due") {
      this.#upkeep = "done";
      this.#transfers.retryAll();
      yield* shown.notices(await prepare(secure, round));
      profile.dropOldStates();
    }
    yield* this.#dropOldSecrets(round);
    yield* shown.notices(await repair(secure, round));
    for (const outcome of this.#transfers.take()) yield* shown.outcome(outcome);
    this.#transfers.start();
  }

  /**
   * Drops old secrets, once all that waits on the server is opened. What is only stored may be due
   * in the next turn; so it is opened before.
   */
  async *#dropOldSecrets(round: Round): AsyncGenerator<Received> {
    const { transport, secure, opener } = this.#options;
    if (round.failure !== undefined || !secure.hasOldSecrets()) return;
    const waits = await round.attempt(() => transport.waits(this.#stored));
    if (waits !== false) return; // they come, and then there is another turn
    yield* opener.openAll(round);
    if (round.failure === undefined) secure.dropOldSecrets();
  }

  readonly #onProgress: OnProgress = (...state) => this.#destination.onProgress(...state);

  #wakeAll(): void {
    for (const { wake } of [...this.#watchers]) wake();
  }

  get #destination(): Destination {
    return this.#watchers[0]?.destination ?? this.#options.destination;
  }

  #newRound(): Round {
    return new Round(this.#destination, { ordered: true, declined: this.#declined });
  }

  /** Each connection gets one; what had to wait for the server may go on then. */
  #newReceiver(): PushReceiver {
    const { profile, secure } = this.#options;
    this.#look();
    const collector = new MessageCollector(profile, this.#onProgress, this.#newRound());
    let last = this.#stored = 0;
    return {
      store: async (head, content) => {
        const taken = await collector.store(head, content);
        last = Math.max(last, head.messageId);
        if (!taken) this.#news.resolve(); // there is something to tell
        return taken;
      },
      flush: async () => {
        await collector.flush();
        this.#stored = last;
      },
      prekeysLow: () => {
        if (secure.notePrekeysLow()) this.#look();
      },
      stored: (acknowledge) => {
        this.#acknowledgements.push(acknowledge);
        this.#news.resolve();
      },
    };
  }

  /** Takes another turn: something is to be sent. */
  wake(): void {
    this.#news.resolve();
  }

  #look(): void {
    this.#upkeep = "due";
    this.#news.resolve();
  }

  #end(reason: unknown): void {
    this.#failure = { reason };
    this.#news.resolve();
  }
}

import type { Classic } from "../classic/classic.ts";
import type { Peers } from "../contacts/peers.ts";
import { isStranger } from "../contacts/strangers.ts";
import { removeOthers } from "../disk/files.ts";
import { ClientError } from "../errors.ts";
import type { Network } from "../network/transport.ts";
import type { Profile } from "../profile/profile.ts";
import type { FileWishes } from "../sessions/secure_opener.ts";
import type { SecureMessaging } from "../sessions/secure_messaging.ts";
import { absolutePath } from "../transfers/transfer_files.ts";
import type { OnProgress } from "../transfers/uploads.ts";
import { Follower } from "./follower.ts";
import { MessageCollector } from "./message_collector.ts";
import { MessageOpener } from "./message_opener.ts";
import { Mutex } from "./mutex.ts";
import type { Destination, FollowOptions, Received, ReceiveOptions } from "./received.ts";
import { prepare, repair, Round, sendKept } from "./round.ts";
import { ShownMessages } from "./shown_messages.ts";

/** Polls in a row that bring only known messages, after which a server is not asked again. */
const MAX_VAIN_POLLS = 3;
/** The most that is left to be told later. */
const MAX_UNTOLD = 100;
/** Entries that are read at a time. */
const PAGE = 256;

export interface InboxOptions {
  profile: Profile;
  network: Network;
  peers: Peers;
  classic: Classic;
  /** Returns what a secure profile has; null in a classic one. */
  secure: () => Promise<SecureMessaging | null>;
}

/**
 * Incoming messages, in two steps that may be years apart: collected from the server into the
 * profile as they are, then opened in the order of their numbers. The server deletes a message only
 * after the second step. What was opened is in the history, marked as not shown until it was shown.
 */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #shown: ShownMessages;
  /** Whoever has it may open messages. */
  readonly #turns = new Mutex();
  /** Whoever collects messages as they come. */
  #follower: Follower | null = null;
  /** What was left to be told later, the oldest first. */
  #untold: Received[] = [];

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#shown = new ShownMessages(options.profile, options.peers);
  }

  /**
   * Collects and opens all that waits, until there is nothing more. Files go to `folder`.
   * A failure of the network is thrown after all that can be opened without it was opened.
   * @throws {ClientError} what the network may do
   */
  async *receive(
    folder: string,
    onProgress: OnProgress,
    options: ReceiveOptions = {},
  ): AsyncGenerator<Received> {
    using _files = await this.#follower?.holdTransfers();
    const secure = await this.#options.secure();
    const round = yield* this.#collect(secure, { folder, onProgress, ...options });
    if (round.failure !== undefined) throw round.failure;
    if (!secure) return;
    const watched = { onProgress, signal: options.signal };
    const wanted = { ...watched, ...round.wishes };
    for await (const outcome of secure.files.resume(wanted)) yield* this.#shown.outcome(outcome);
    for await (const outcome of secure.files.settle(watched)) yield* this.#shown.outcome(outcome);
  }

  /**
   * Does all of {@link receive} but the files between secure clients. Beside a follower it tells of
   * what came when that may go on: a caller who takes his time holds up nobody.
   */
  async *#collect(
    secure: SecureMessaging | null,
    destination: Destination,
  ): AsyncGenerator<Received, Round> {
    const { profile, peers } = this.#options;
    const round = new Round(destination, { ordered: secure !== null });
    const later: Received[] = [];
    {
      using _turn = await this.#turns.lock();
      await this.#clear();
      const isBeside = this.#follower !== null;
      const shown = isBeside ? new ShownMessages(profile, peers, isBeside) : this.#shown;
      for await (const received of this.#openAll(secure, destination, round, shown)) {
        if (isBeside) later.push(received);
        else yield received;
      }
      // A follower does it itself: something may have come for it meanwhile.
      if (round.failure === undefined && !isBeside) secure?.dropOldSecrets();
    }
    yield* later;
    yield* this.#shown.unshown();
    return round;
  }

  async *#openAll(
    secure: SecureMessaging | null,
    destination: Destination,
    round: Round,
    shown: ShownMessages,
  ): AsyncGenerator<Received> {
    const { profile, network, classic: { sender } } = this.#options;
    const opener = this.#opener(secure, shown);
    yield* this.#untold.splice(0);
    if (secure) this.#wantUnshown(round.wishes);
    yield* shown.unshown();
    if (secure) yield* shown.notices(await prepare(secure, round));
    for (let vain = 0; vain < MAX_VAIN_POLLS;) {
      const collector = new MessageCollector(profile, destination.onProgress, round);
      // What is not wanted was read once, and nothing else is left before it.
      const poll = () => network.transport.poll(collector, round.declined.lastOnServer);
      const polled = round.failure === undefined ? await round.attempt(poll) : undefined;
      yield* opener.openAll(round);
      if (polled) await round.attempt(() => polled.acknowledge());
      const notices = await (secure ? repair(secure, round) : sendKept(sender, round));
      yield* shown.notices(notices);
      if (!polled || polled.count === 0) break;
      vain = collector.fresh > 0 ? 0 : vain + 1;
    }
  }

  /**
   * Collects and opens messages as they come, until the caller wants no more. A broken connection
   * is made again. Where somebody follows already, the two share what
   * comes: each message is told of once.
   * @throws {ClientError} `not-needed` in a classic profile; what making the connection again
   * cannot mend
   */
  async *follow(
    folder: string,
    onProgress: OnProgress,
    { later = false, ...options }: FollowOptions = {},
  ): AsyncGenerator<Received> {
    const { profile, peers, network } = this.#options;
    const destination = { folder, onProgress, ...options };
    const secure = await this.#options.secure();
    if (!secure || !network.secure) {
      const message = "a classic profile can only receive what waits already; leave out --follow";
      throw new ClientError("not-needed", message);
    }
    {
      using _turn = await this.#turns.lock();
      await this.#clear();
    }
    if (this.#follower) return yield* this.#watch(this.#follower, destination);
    const shown = later ? new ShownMessages(profile, peers, later) : this.#shown;
    const opener = this.#opener(secure, shown);
    const follower = this.#follower = new Follower({
      ...{ profile, transport: network.secure, secure, opener, shown, destination },
      turns: this.#turns,
    });
    try {
      for await (const received of follower.run()) {
        if (later) this.#leave(received);
        else yield received;
      }
    } finally {
      this.#follower = null;
    }
  }

  /** Has whoever follows send what is in the outbox, now. */
  wake(): void {
    this.#follower?.wake();
  }

  /** Follows with a follower that is there. */
  async *#watch(
    follower: Follower,
    destination: Destination,
  ): AsyncGenerator<Received> {
    yield* this.#collect(await this.#options.secure(), destination);
    let news = Promise.withResolvers<void>();
    const wake = () => news.resolve();
    destination.signal?.addEventListener("abort", wake, { once: true });
    using _watching = follower.watch({ destination, wake });
    for (;;) {
      yield* this.#untold.splice(0);
      yield* this.#shown.unshown();
      if (follower.failure) throw follower.failure.reason;
      if (destination.signal?.aborted) return;
      await news.promise;
      news = Promise.withResolvers();
    }
  }

  /** Leaves something that no history keeps for whoever shows messages next. */
  #leave(received: Received): void {
    if (received.type === "declined" && received.why === "unwanted") return; // it comes again
    this.#untold.push(received);
    if (this.#untold.length > MAX_UNTOLD) this.#untold.shift();
  }

  /** Has files fetched that were only announced as nobody was there who wanted them. */
  #wantUnshown({ folder, maxSize }: FileWishes): void {
    const { profile } = this.#options;
    const { history, transfers } = profile;
    for (let after = 0, page; (page = history.unshown(PAGE, after)).length > 0;) {
      for (const { number, peer, body } of page) {
        after = number;
        const transfer = "file" in body && body.file.path === null && transfers.ofHistory(number);
        if (!transfer || transfer.state !== "waiting" || transfer.size > maxSize) continue;
        if (isStranger(profile, peer)) continue;
        profile.transaction(() => {
          transfers.change(transfer.number, { state: "active", path: absolutePath(folder) });
          history.markArriving(number);
        });
      }
    }
  }

  /** Clears away what a crash left, while nobody else collects. */
  async #clear(): Promise<void> {
    const { profile: { envelopes } } = this.#options;
    if (!this.#follower) await removeOthers(envelopes.folder, envelopes.files());
  }

  #opener(secure: SecureMessaging | null, shown: ShownMessages): MessageOpener {
    const { profile, peers, classic } = this.#options;
    return new MessageOpener({ profile, peers, secure, classic: classic.opener, shown });
  }
}

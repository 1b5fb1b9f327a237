import type { Classic } from "../classic/classic.ts";
import type { Peers } from "../contacts/peers.ts";
import { removeOthers } from "../disk/files.ts";
import { ClientError } from "../errors.ts";
import type { Network, OnTrouble } from "../network/transport.ts";
import type { Profile } from "../profile/profile.ts";
import type { SecureMessaging } from "../sessions/secure_messaging.ts";
import type { OnProgress } from "../transfers/uploads.ts";
import { Follower } from "./follower.ts";
import { MessageCollector } from "./message_collector.ts";
import { MessageOpener } from "./message_opener.ts";
import type { Received, ReceiveOptions } from "./received.ts";
import { prepare, repair, Round, sendKept } from "./round.ts";
import { ShownMessages } from "./shown_messages.ts";

/** Polls in a row that bring only known messages, after which a server is not asked again. */
const MAX_VAIN_POLLS = 3;

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
    const { profile, network, classic: { sender } } = this.#options;
    const secure = await this.#start();
    const opener = this.#opener(secure);
    const round = new Round({ folder, onProgress, ...options }, { ordered: secure !== null });
    yield* this.#shown.unshown();
    if (secure) yield* this.#shown.notices(await prepare(secure, round));
    for (let vain = 0; vain < MAX_VAIN_POLLS;) {
      const collector = new MessageCollector(profile, onProgress, round);
      // What is not wanted was read once, and nothing else is left before it.
      const poll = () => network.transport.poll(collector, round.declined.lastOnServer);
      const polled = round.failure === undefined ? await round.attempt(poll) : undefined;
      yield* opener.openAll(round);
      if (polled) await round.attempt(() => polled.acknowledge());
      const notices = await (secure ? repair(secure, round) : sendKept(sender, round));
      yield* this.#shown.notices(notices);
      if (!polled || polled.count === 0) break;
      vain = collector.fresh > 0 ? 0 : vain + 1;
    }
    if (round.failure !== undefined) throw round.failure;
    if (!secure) return;
    secure.dropOldSecrets();
    const watched = { onProgress, signal: options.signal };
    const wanted = { ...watched, maxSize: round.wishes.maxSize, folder };
    for await (const outcome of secure.files.resume(wanted)) yield* this.#shown.outcome(outcome);
    for await (const outcome of secure.files.settle(watched)) yield* this.#shown.outcome(outcome);
  }

  /**
   * Collects and opens messages as they come, until the caller wants no more. A broken connection
   * is made again; `onTrouble` hears of it.
   * @throws {ClientError} `not-needed` in a classic profile; what making the connection again
   * cannot mend
   */
  async *follow(
    folder: string,
    onProgress: OnProgress,
    onTrouble: OnTrouble,
    options: ReceiveOptions = {},
  ): AsyncGenerator<Received> {
    const { profile, network } = this.#options;
    const secure = await this.#start();
    if (!secure || !network.secure) {
      const message = "a classic profile can only receive what waits already; leave out --follow";
      throw new ClientError("not-needed", message);
    }
    const follower = new Follower({
      profile,
      transport: network.secure,
      secure,
      opener: this.#opener(secure),
      shown: this.#shown,
      destination: { folder, onProgress, ...options },
      onTrouble,
    });
    yield* follower.run();
  }

  /** Clears away what a crash left. */
  async #start(): Promise<SecureMessaging | null> {
    const { profile: { envelopes }, secure } = this.#options;
    await removeOthers(envelopes.folder, envelopes.files());
    return await secure();
  }

  #opener(secure: SecureMessaging | null): MessageOpener {
    const { profile, peers, classic } = this.#options;
    const shown = this.#shown;
    return new MessageOpener({ profile, peers, secure, classic: classic.opener, shown });
  }
}

/**
 * Messages to secure clients on their way out. Each is sealed and put into the outbox in one
 * transaction with the session that it advances, before a byte leaves, so that a repeat sends the
 * same bytes under the same token. Messages that are sent at the same time share a transaction.
 */
import { type Bytes, equalBytes } from "../../shared/bytes.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { CryptoError } from "../../shared/errors.ts";
import { CONTENT_ID_SIZE } from "../../shared/limits.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import type { Content } from "../../shared/session/content.ts";
import type { PrekeyBundle } from "../../shared/session/prekeys.ts";
import { verifyBundle } from "../../shared/session/prekeys.ts";
import { messagesOfReset } from "../../shared/session/reset.ts";
import { ClientError } from "../errors.ts";
import type { HistoryBody } from "../profile/tables/history.ts";
import type { OutboxItem } from "../profile/tables/outbox.ts";
import type { Profile } from "../profile/profile.ts";
import { mayPass, refusalName } from "../network/failures.ts";
import { newToken } from "../network/reconnecting_transport.ts";
import type { Sessions } from "./sessions.ts";
import type { SecureTransport } from "../network/transport.ts";

/** Messages that one transaction takes. */
const BATCH = 256;
/** Messages of the outbox that are in memory at a time. */
const PAGE = 32;

/** A message that is about to be sent. */
export interface Draft {
  to: Identity;
  type: MessageType;
  content: Content;
  /** What the history keeps of it. */
  body: HistoryBody;
}

interface Job {
  draft: Draft;
  kept: (() => void) | undefined;
  resolve: (messageId: number) => void;
  reject: (reason: unknown) => void;
}

export interface OutgoingOptions {
  profile: Profile;
  transport: SecureTransport;
  sessions: Sessions;
  random: (size: number) => Bytes;
  /** Milliseconds since 1970. */
  now: () => number;
}

export class Outgoing {
  readonly #options: OutgoingOptions;
  #waiting: Job[] = [];
  #scheduled = false;
  /** Whether the outbox may hold what nobody is sending. */
  #left = true;
  /** The numbers of messages that are on their way. */
  readonly #underWay = new Set<number>();
  /** What has been answered and is not noted yet; a message ID of null where it was refused. */
  #answered: { item: OutboxItem; messageId: number | null }[] = [];

  constructor(options: OutgoingOptions) {
    this.#options = options;
  }

  /**
   * Sends a message to a client with whom there is a session; gives its ID in that mailbox.
   * @throws {ClientError} `refused`; `queued` where the server cannot be reached: the message stays in
   * the outbox
   *
   * `kept` is called in the transaction that keeps it.
   */
  send(draft: Draft, kept?: () => void): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ draft, kept, resolve, reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      queueMicrotask(() => this.#drain());
    });
  }

  #drain(): void {
    this.#scheduled = false;
    for (let jobs; (jobs = this.#waiting.splice(0, BATCH)).length > 0;) {
      let items: OutboxItem[];
      try {
        items = this.#keep(jobs);
      } catch (error) {
        // One that cannot be sealed must not take the others along.
        if (jobs.length === 1) jobs[0].reject(error);
        else for (const job of jobs) this.#drainOne(job);
        continue;
      }
      jobs.forEach(({ resolve, reject }, i) => this.#deliver(items[i]).then(resolve, reject));
    }
  }

  #drainOne(job: Job): void {
    const { resolve, reject } = job;
    try {
      this.#deliver(this.#keep([job])[0]).then(resolve, reject);
    } catch (error) {
      reject(error);
    }
  }

  /** Seals messages and keeps them, all or none. */
  #keep(jobs: readonly Job[]): OutboxItem[] {
    const { profile, sessions, now } = this.#options;
    return sessions.commit(() =>
      jobs.map(({ draft: { to, type, content, body }, kept }) => {
        kept?.();
        const history = profile.history.addSent({
          peer: to.clientId,
          at: content.at,
          stored: now(),
          contentId: content.id,
          body,
        });
        return this.#put(to.clientId, type, sessions.seal(to, type, content), history);
      })
    );
  }

  /** 16 random bytes that name a new content. */
  newContentId(): Bytes {
    return this.#options.random(CONTENT_ID_SIZE);
  }

  /** Puts a content into the outbox; {@link flush} sends it. To be called in a transaction. */
  put(to: Bytes, type: MessageType, content: Bytes, history: number | null): void {
    this.#left = true;
    this.#put(to, type, content, history);
  }

  #put(to: Bytes, type: MessageType, content: Bytes, history: number | null): OutboxItem {
    const item = { to, type, token: newToken(this.#options), content, history };
    return { ...item, number: this.#options.profile.outbox.put(item) };
  }

  /**
   * Sends what earlier runs, or {@link put}, have left in the outbox. What the server refuses is
   * dropped; `onRefused` hears of it.
   * @throws {ClientError} what the network may do
   */
  async flush(onRefused: (error: ClientError, item: OutboxItem) => void): Promise<void> {
    if (!this.#left) return;
    this.#left = false;
    for (let after = 0;;) {
      const items = this.#options.profile.outbox.first(after, PAGE);
      if (items.length === 0) return;
      const left = items.filter(({ number }) => !this.#underWay.has(number));
      const outcomes = await Promise.allSettled(left.map((item) => this.#deliver(item)));
      outcomes.forEach((outcome, i) => {
        if (outcome.status === "fulfilled") return;
        const { reason } = outcome;
        if (!(reason instanceof ClientError) || reason.code !== "refused") throw reason;
        onRefused(reason, left[i]);
      });
      after = items[items.length - 1].number;
    }
  }

  async #deliver(item: OutboxItem): Promise<number> {
    const { to, type, token, content } = item;
    this.#underWay.add(item.number);
    try {
      const message = { to, type: type as MessageType, token, content };
      const messageId = await this.#options.transport.send(message);
      this.#note(item, messageId);
      return messageId;
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (error.code === "refused" && !mayPass(error)) {
        this.#note(item, null);
        throw error;
      }
      this.#left = true;
      if (error.code !== "unreachable" && error.code !== "refused") throw error;
      throw new ClientError(
        "queued",
        `${error.message}. The message is kept, and goes out with the next command that reaches the server`,
        { cause: error },
      );
    } finally {
      this.#underWay.delete(item.number);
    }
  }

  /** Answers that come together are noted together; to lose the note costs a repeat, and no more. */
  #note(item: OutboxItem, messageId: number | null): void {
    this.#answered.push({ item, messageId });
    if (this.#answered.length > 1) return;
    queueMicrotask(() => this.#noteAll());
  }

  #noteAll(): void {
    const { profile: { outbox, history, repairs }, profile } = this.#options;
    const answered = this.#answered;
    this.#answered = [];
    try {
      profile.transaction(() => {
        for (const { item, messageId } of answered) {
          outbox.remove(item.number);
          if (messageId === null && item.type === MessageType.keyRequest) {
            for (const id of messagesOfReset(item.content)) repairs.want(item.to, id);
          }
          if (item.history === null) continue;
          if (messageId === null) history.markFailed(item.history);
          else history.markSent(item.history, messageId);
        }
      }, { durable: false });
    } catch {
      // Nobody waits for this; whoever uses the disk next hears what is wrong with it.
      this.#left = true;
    }
  }

  /**
   * The prekeys of a client, checked.
   * @throws {ClientError} `no-prekeys`, `wrong-identity`, and what the network may do
   */
  async bundleOf(peer: Identity, name: string): Promise<PrekeyBundle> {
    const { transport } = this.#options;
    const request = { kind: "fetch-prekeys", target: peer.clientId } as const;
    try {
      const { clientId, prekeys } = await transport.request(request);
      if (equalBytes(clientId, peer.clientId)) return await verifyBundle(peer, prekeys);
      throw new ClientError("bad-response", "the server gave the prekeys of another client");
    } catch (error) {
      if (error instanceof CryptoError) {
        const message = `the server gave prekeys for ${name} that are not ${name}'s: ` +
          `${error.message}. Do not trust this server`;
        throw new ClientError("wrong-identity", message);
      }
      if (refusalName(error) !== "not-found") throw error;
      throw new ClientError(
        "no-prekeys",
        `${name} has not published the keys that a first message needs; ${name} must run ` +
          "messaging-client receive once",
      );
    }
  }

  /**
   * Runs `start`, which starts a session with the client of that name.
   * @throws {ClientError} `bad-key` where it has signed prekeys that no session can be made of
   */
  explained<T>(name: string, start: () => T): T {
    try {
      return start();
    } catch (error) {
      if (!(error instanceof CryptoError && error.code === "bad-key")) throw error;
      const message = `${name} has published keys that cannot be used: ${error.message}`;
      throw new ClientError("bad-key", message, { cause: error });
    }
  }
}

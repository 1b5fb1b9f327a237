import type { Bytes } from "../../shared/bytes.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { MAX_ENVELOPE_SIZE } from "../../shared/limits.ts";
import type { MessageType } from "../../shared/protocol/codes.ts";
import { type Content, newContentId } from "../../shared/session/content.ts";
import { ClientError } from "../errors.ts";
import { newToken } from "../network/reconnecting_transport.ts";
import type { HistoryBody } from "../profile/tables/history_entry.ts";
import type { SessionContext } from "./context.ts";
import { OutboxDelivery, type RefusedItem } from "./outbox_delivery.ts";
import type { Sessions } from "./sessions.ts";

/** Messages that one transaction takes. */
const BATCH = 256;

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
  onKept: ((history: number) => void) | undefined;
  resolve: (messageId: Promise<number>) => void;
  reject: (reason: unknown) => void;
}

type SenderOptions = Pick<SessionContext, "profile" | "transport" | "random" | "now"> & {
  sessions: Sessions;
};

/**
 * Messages to secure clients on their way out. Each is sealed and put into the outbox in one
 * transaction with the session that it advances, before a byte leaves, so that a repeat sends the
 * same bytes under the same token. Messages that are sent at the same time share a transaction.
 */
export class Sender {
  readonly #options: SenderOptions;
  readonly #delivery: OutboxDelivery;
  #jobs: Job[] = [];

  constructor(options: SenderOptions) {
    this.#options = options;
    const { profile, transport, now } = options;
    this.#delivery = new OutboxDelivery(profile, transport, now);
  }

  /**
   * Sends a message to a client with whom there is a session; returns its ID in that mailbox.
   * Messages arrive in the order of these calls. The transaction that keeps it calls `onKept`, with
   * the number of its entry in the history.
   * @throws {ClientError} `bad-text` if it is too large; `refused`; `queued` if the server cannot
   * be reached, or has no room for it, and the message stays in the outbox
   */
  send(draft: Draft, onKept?: (history: number) => void): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#jobs.push({ draft, onKept, resolve, reject });
      if (this.#jobs.length === 1) queueMicrotask(() => this.#keepAll());
    });
  }

  /** Returns the ID of a new content. */
  newContentId(): Bytes {
    return newContentId(this.#options.random);
  }

  /**
   * Puts an encrypted content into the outbox, behind all others; returns its number there. Call
   * it in a transaction. {@link flush} sends it.
   */
  put(to: Bytes, type: MessageType, content: Bytes, history: number | null): number {
    const token = newToken(this.#options);
    return this.#options.profile.outbox.put({ to, type, token, content, history });
  }

  /** See {@link OutboxDelivery.delivered}. */
  delivered(number: number): Promise<number> {
    return this.#delivery.delivered(number);
  }

  /** See {@link OutboxDelivery.flush}. */
  flush(): Promise<RefusedItem[]> {
    return this.#delivery.flush();
  }

  #keepAll(): void {
    const jobs = this.#jobs.splice(0);
    for (let at = 0; at < jobs.length; at += BATCH) this.#keep(jobs.slice(at, at + BATCH));
  }

  /** Seals messages and keeps them in one transaction; one that cannot be sealed fails alone. */
  #keep(jobs: readonly Job[]): void {
    let numbers: number[];
    try {
      numbers = this.#options.sessions.commit(() => jobs.map((job) => this.#seal(job)));
    } catch (error) {
      if (jobs.length === 1) jobs[0].reject(error);
      else for (const job of jobs) this.#keep([job]);
      return;
    }
    jobs.forEach(({ resolve }, i) => resolve(this.#delivery.delivered(numbers[i])));
  }

  #seal({ draft: { to, type, content, body }, onKept }: Job): number {
    const { profile, sessions, now } = this.#options;
    const history = profile.history.addSent({
      peer: to.clientId,
      at: content.at,
      stored: now(),
      contentId: content.id,
      body,
      reply: content.reply,
      timer: content.expires,
    });
    onKept?.(history);
    const envelope = sessions.seal(to, type, content);
    if (envelope.length > MAX_ENVELOPE_SIZE) {
      const size = `the message has ${envelope.length} bytes, sealed`;
      throw new ClientError("bad-text", `${size}, and the limit is ${MAX_ENVELOPE_SIZE}`);
    }
    return this.put(to.clientId, type, envelope, history);
  }
}

import { toHex } from "../../shared/bytes.ts";
import { TOKEN_SIZE } from "../../shared/limits.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import { messagesOfReset } from "../../shared/session/reset.ts";
import { ClientError } from "../errors.ts";
import { durationText, fullFor, mayPass, refusalName } from "../network/failures.ts";
import type { SecureTransport } from "../network/transport.ts";
import type { Profile } from "../profile/profile.ts";
import type { OutboxItem } from "../profile/tables/outbox.ts";
import { stillWaits, type Wait } from "../profile/tables/wait.ts";

/** A message that the server did not take: never, or with a `queued` error not yet. */
export interface RefusedItem {
  readonly item: OutboxItem;
  readonly error: ClientError;
}

/** Whoever waits for a message to arrive. */
interface Waiter {
  resolve: (messageId: number) => void;
  reject: (reason: unknown) => void;
}

/** An answer; a message ID of null means refused. */
interface Answered {
  readonly item: OutboxItem;
  readonly messageId: number | null;
  /** Tells whoever waits for it. */
  tell(): void;
}

/** How long an answer waits for those of the messages that left with it, in milliseconds. */
const NOTE_DELAY = 10;

/**
 * Delivers the messages of the outbox in their order, also over connections that break. Messages
 * leave together over one connection, which keeps their order; none newer leaves before each of
 * them was answered or repeated. What is not sealed yet stays behind. Only when the server refuses
 * a message for now can those that left with it pass it; what changes a message never does.
 *
 * Where a mailbox, a quota or the server is full, a message waits as long as the server says, and
 * with it those behind it for the same receiver; the others go on.
 */
export class OutboxDelivery {
  readonly #waiters = new Map<number, Waiter>();
  /** Refused messages that nobody waits for; {@link flush} returns them. */
  readonly #refused: RefusedItem[] = [];
  /** The receivers, in hex, of whose waiting messages {@link flush} has told already. */
  readonly #told = new Set<string>();
  /** Why nothing goes to these receivers, in hex, in this run. */
  readonly #held = new Map<string, Wait>();
  /** The delivery that is going on; null while all that is there was sent, or failed. */
  #running: Promise<void> | null = null;
  /** Messages whose answers have not come yet. */
  #underWay = 0;
  /** Answers that were not noted yet. */
  #answered: Answered[] = [];
  #noting: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly profile: Profile,
    private readonly transport: SecureTransport,
    private readonly now: () => number,
  ) {}

  /**
   * Sends the message with this number, after those before it; returns its ID in its mailbox.
   * @throws {ClientError} `refused`; `queued` if it stays in the outbox
   */
  delivered(number: number): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#waiters.set(number, { resolve, reject });
    this.#start().catch(() => {}); // whoever waits for a message is told
    return promise;
  }

  /**
   * Sends all that is in the outbox. Returns the messages that the server refused: they are
   * dropped, or with a `queued` error they wait, of which it tells once for each receiver.
   * @throws {ClientError} `queued`, and what else the network may do
   */
  async flush(): Promise<RefusedItem[]> {
    await this.#start();
    return this.#refused.splice(0);
  }

  #start(): Promise<void> {
    return this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // what is put there in this moment goes along
    this.#held.clear();
    try {
      for (let after = 0;;) {
        const items = this.profile.outbox.batch(after);
        if (items.length === 0) return;
        await this.#deliver(items.filter(isReady));
        after = items[items.length - 1].number;
      }
    } catch (error) {
      const reason = stillQueued(error);
      for (const { reject } of this.#waiters.values()) reject(reason);
      this.#waiters.clear();
      throw reason;
    } finally {
      this.#running = null;
    }
  }

  /** @throws {unknown} what keeps the first message that did not arrive from arriving */
  async #deliver(items: readonly OutboxItem[]): Promise<void> {
    // Whoever could not take one before is asked with that one, before more follow.
    for (const item of this.#admitted(items)) if (item.wait) await this.#send(item);
    let left = this.#admitted(items.filter(({ wait }) => !wait));
    if (left.length > 1) left = this.#admitted(await this.#sendTogether(left));
    while (left.length > 0) {
      // The oldest alone, with the patience of the transport; then the others may follow.
      await this.#send(left[0]);
      left = this.#admitted(await this.#sendTogether(this.#admitted(left.slice(1))));
    }
  }

  /** Returns the messages that need not wait; whoever waits for another is told. */
  #admitted(items: readonly OutboxItem[]): readonly OutboxItem[] {
    return items.filter((item) => {
      const to = toHex(item.to);
      if (item.wait && stillWaits(item.wait, this.now())) this.#held.set(to, item.wait);
      const held = this.#held.get(to);
      if (held) this.#takeWaiter(item)?.reject(waiting(held, this.now()));
      return !held;
    });
  }

  /**
   * Sends messages side by side, once, up to the first that changes one before it; returns those
   * that have to be sent or repeated.
   */
  async #sendTogether(items: readonly OutboxItem[]): Promise<readonly OutboxItem[]> {
    const change = items.findIndex(({ history }, at) => {
      return at > 0 && history !== null && this.profile.history.isChange(history);
    });
    const together = change < 0 ? items : items.slice(0, change);
    const outcomes = await Promise.allSettled(
      together.map((item) => this.#send(item, { once: true })),
    );
    return items.filter((_, at) => outcomes[at]?.status !== "fulfilled");
  }

  /** @throws {unknown} if the message has to be repeated */
  async #send(item: OutboxItem, options?: { once: boolean }): Promise<void> {
    const { to, token, content } = item;
    const message = { to, type: item.type as MessageType, token, content };
    this.#underWay++;
    try {
      const messageId = await this.transport.send(message, options);
      this.#note({ item, messageId, tell: () => this.#takeWaiter(item)?.resolve(messageId) });
    } catch (error) {
      const wait = fullFor(error);
      if (wait !== undefined) return this.#hold(item, wait, error as ClientError);
      const isFinal = error instanceof ClientError && error.code === "refused" && !mayPass(error);
      if (!isFinal) throw error;
      const reason = refusalName(error) === "not-found" ? departed(error) : error;
      const tell = () => {
        const waiter = this.#takeWaiter(item);
        if (waiter) waiter.reject(reason);
        else this.#refused.push({ item, error: reason });
      };
      this.#note({ item, messageId: null, tell });
    } finally {
      if (--this.#underWay === 0) this.#noteAll();
    }
  }

  /** Keeps a message, and those behind it for the same receiver. */
  #hold(item: OutboxItem, milliseconds: number, { message: reason }: ClientError): void {
    const since = this.now();
    const wait = { since, until: since + milliseconds, reason };
    const to = toHex(item.to);
    const isFirst = !this.#held.has(to);
    if (isFirst) {
      this.#held.set(to, wait);
      this.profile.transaction(() => this.profile.outbox.setWait(item.number, wait), {
        durable: false,
      });
    }
    const error = waiting(wait, since);
    const waiter = this.#takeWaiter(item);
    if (waiter) waiter.reject(error);
    else if (isFirst && !this.#told.has(to)) this.#refused.push({ item, error });
    this.#told.add(to);
  }

  #takeWaiter({ number }: OutboxItem): Waiter | undefined {
    const waiter = this.#waiters.get(number);
    this.#waiters.delete(number);
    return waiter;
  }

  /** Notes answers that come together in one transaction. To lose the note only costs a repeat. */
  #note(answered: Answered): void {
    this.#answered.push(answered);
    this.#noting ??= setTimeout(() => this.#noteAll(), NOTE_DELAY);
  }

  #noteAll(): void {
    clearTimeout(this.#noting);
    this.#noting = undefined;
    const answered = this.#answered.splice(0);
    if (answered.length === 0) return;
    this.#keepNotes(answered);
    for (const { tell } of answered) tell();
  }

  #keepNotes(answered: readonly Answered[]): void {
    const { outbox, history, repairs } = this.profile;
    const now = this.now();
    try {
      this.profile.transaction(() => {
        for (const { item, messageId } of answered) {
          outbox.remove(item.number);
          if (messageId === null && item.type === MessageType.keyRequest) {
            repairs.want(item.to, messagesOfReset(item.content));
          }
          if (item.history === null) continue;
          if (messageId === null) history.markFailed(item.history);
          else history.markSent(item.history, messageId, now);
        }
      }, { durable: false });
    } catch {
      // Nobody waits for this; whoever uses the disk next hears what is wrong with it.
    }
  }
}

/**
 * Reports whether an item may leave: it is sealed. What a classic profile keeps is not encrypted,
 * and has no token; should any come here, it stays.
 */
function isReady({ token, content }: OutboxItem): boolean {
  return token.length === TOKEN_SIZE && content.length > 0;
}

/** Returns the error for a receiver whom the server does not know, or not any more. */
function departed(cause: unknown): ClientError {
  return new ClientError("refused", departedText("the receiver"), {
    cause: (cause as Error).cause,
  });
}

/** Returns what to tell of a client that the server does not know, or not any more. */
export function departedText(who: string): string {
  return `${who} is not registered on this server any more, and gets no message: gone, or not ` +
    "back yet on a server that was set up anew. Someone else may have the name by now: ask for " +
    "a card";
}

/** Returns the error for a message that waits until there is room. */
function waiting({ reason, until }: Wait, now: number): ClientError {
  const text = `${reason}. The message is kept, and goes out with the first command after ` +
    durationText(until - now);
  return new ClientError("queued", text);
}

/** Returns the error for a message that stays in the outbox. */
function stillQueued(error: unknown): unknown {
  const isForLater = error instanceof ClientError &&
    (error.code === "unreachable" || error.code === "refused");
  if (!isForLater) return error;
  const text = `${error.message}. The message is kept, and goes out with the next command that ` +
    "reaches the server";
  return new ClientError("queued", text, { cause: error });
}

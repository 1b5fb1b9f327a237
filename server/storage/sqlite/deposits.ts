/** How messages get into the table of messages, and who may put how many where. */
import type { Bytes } from "../../../shared/bytes.ts";
import { StorageError } from "../../../shared/errors.ts";
import { MAX_U32 } from "../../../shared/limits.ts";
import type { Deposit, Deposited, FullMessage, Incoming } from "../messages.ts";
import type { Storage } from "../storage.ts";
import { MESSAGE_OVERHEAD, type StorageOptions, TOKEN_OVERHEAD } from "../storage_options.ts";
import { type SqliteFile, Table } from "./database.ts";
import type { Mailbox, SqliteOccupancy } from "./occupancy.ts";
import type { SqliteQuotas } from "./quotas.ts";
import type { SqliteTally } from "./tally.ts";
import type { SqliteTokens } from "./tokens.ts";
import type { Watches } from "./watches.ts";

/** The first part of a mailbox is not counted for its senders: one in so many. */
const UNCOUNTED_PARTS = 100;

/** What a deposit changes besides the table. */
interface Parts {
  readonly tokens: SqliteTokens;
  readonly quotas: SqliteQuotas;
  /** Those of the mailboxes. */
  readonly watches: Watches<[FullMessage]>;
  readonly tally: SqliteTally;
  readonly occupancy: SqliteOccupancy;
}

export class SqliteDeposits extends Table<keyof typeof STATEMENTS> {
  constructor(
    file: SqliteFile,
    private readonly options: StorageOptions,
    private readonly parts: Parts,
  ) {
    super(file, STATEMENTS);
  }

  async deposit(deposit: Deposit): Promise<Deposited> {
    const { from, to, type, content, token, payer = from, incoming } = deposit;
    const [inline, blob] = "blob" in content ? [null, content.blob] : [content.inline, null];
    const size = "blob" in content ? content.size : content.inline.length;
    const deposited = await this.file.write(
      () => {
        incoming?.end();
        const mailbox = this.parts.occupancy.mailboxOf(to);
        const named = token && this.parts.tokens.find(from, token);
        if (named) {
          if (named.mailbox === mailbox.number) return { messageId: named.message, repeated: true };
          throw new StorageError("token-reused", "the token was used for another message");
        }
        this.#checkRoom(mailbox, payer, { size, token });
        const id = mailbox.last + 1;
        const paying = payer === from ? null : payer;
        const time = this.options.now();
        const counted = this.#isCounted(mailbox, size) ? 1 : 0;
        const { number } = mailbox;
        this.statements.add.run(number, id, from, type, size, inline, blob, paying, time, counted);
        this.parts.tally.addMessage({ mailbox: number, payer, size, counted }, id);
        if (token) this.parts.tokens.add(from, token, { mailbox: number, message: id });
        return { messageId: id, repeated: false };
      },
      payer,
      inline?.length,
    );
    const { messageId, repeated } = deposited;
    if (!repeated) this.parts.watches.notify(to, { from, messageId, type, size, ...content });
    return deposited;
  }

  receive(content: Parameters<Storage["receive"]>[0]): Promise<Incoming> {
    const { from, to, token, payer = from } = content;
    return this.file.read(() => {
      const repeated = token && this.parts.tokens.find(from, token);
      if (!repeated) this.#checkRoom(this.parts.occupancy.mailboxOf(to), payer, content);
      return this.parts.quotas.receive(payer);
    });
  }

  /**
   * Checks that a mailbox takes one more message of `size` bytes.
   * @throws {StorageError} `mailbox-full`, `quota-full`, `never-fits`
   */
  #checkRoom(
    { number, last, messages, bytes }: Mailbox,
    payer: Bytes,
    { size, token }: { size: number; token?: Bytes },
  ): void {
    const { maxMessages, maxMailboxSize, mailboxParts: parts } = this.options.limits;
    if (size * parts > maxMailboxSize) {
      throw new StorageError("never-fits", `${size} bytes are more than one sender may have there`);
    }
    const own = this.parts.occupancy.share(number, payer);
    const left = maxMessages - (messages - own.messages);
    const leftBytes = maxMailboxSize - (bytes - own.bytes);
    if (left < 1 || leftBytes < size || last >= MAX_U32) {
      throw new StorageError("mailbox-full", "the receiver's mailbox is full");
    }
    if (
      own.messages + 1 > Math.max(1, partOf(left, maxMessages, parts)) ||
      own.bytes + size > partOf(leftBytes, maxMailboxSize, parts)
    ) {
      const text = "the receiver's mailbox takes no more of one sender until some is fetched";
      throw new StorageError("mailbox-full", text);
    }
    this.parts.quotas.checkSize(payer, size + MESSAGE_OVERHEAD + (token ? TOKEN_OVERHEAD : 0));
  }

  /** Reports whether a message of `size` bytes is to be counted for its sender. */
  #isCounted({ messages, bytes }: Mailbox, size: number): boolean {
    const { maxMessages, maxMailboxSize } = this.options.limits;
    return (messages + 1) * UNCOUNTED_PARTS >= maxMessages ||
      (bytes + size) * UNCOUNTED_PARTS >= maxMailboxSize;
  }
}

/**
 * Returns how much of a mailbox one sender may hold, of which the others leave `left`. That is one
 * part of `parts` where they leave all of it, and the smaller the fuller it is: a hundred senders
 * fill it to nine tenths, a thousand do not fill it. So there is room for one who holds little.
 */
function partOf(left: number, all: number, parts: number): number {
  return left <= 0 ? 0 : left * left / (left + (parts - 1) * all);
}

const STATEMENTS = {
  add: "INSERT INTO messages (mailbox, id, sender, type, size, content, blob, payer, " +
    "deposited_at, counted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
};

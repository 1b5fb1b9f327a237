/** What each client, and all together, may store; contents that are still coming in included. */
import { type Bytes, toHex } from "../../../shared/bytes.ts";
import { StorageError } from "../../../shared/errors.ts";
import type { Incoming } from "../messages.ts";
import type { Stats } from "../storage.ts";
import { type StorageLimits, TOKEN_OVERHEAD } from "../storage_options.ts";
import { type SqliteFile, Table } from "./database.ts";
import type { SqliteTally } from "./tally.ts";
import type { SqliteTokens } from "./tokens.ts";

/** What a client has here by now. */
interface Usage {
  files: number;
  uploads: number;
  tokens: number;
  /** Bytes that count of its messages and files, and of those of all. */
  own: number;
  all: number;
  /** Its own quota, or null. */
  quota: number | null;
}

/** Clients of which the room is remembered. */
const MAX_ROOMS = 10_000;

export class SqliteQuotas extends Table<keyof typeof STATEMENTS> {
  /** Bytes of contents that are coming in, by the client for which they count, in hex. */
  readonly #coming = new Map<string, number>();
  #allComing = 0;
  /**
   * Bytes that each client, in hex, and all together may store at least. Whatever is stored is
   * checked before; what is deleted makes more room, which is seen when this is used up.
   */
  readonly #room = new Map<string, number>();
  #roomOfAll = 0;

  constructor(
    file: SqliteFile,
    private readonly limits: StorageLimits,
    private readonly tally: SqliteTally,
    private readonly tokens: SqliteTokens,
  ) {
    super(file, STATEMENTS);
  }

  /** Returns what counts for all together. */
  stats(clients: number): Stats {
    return { clients, ...this.statements.totals.get<Omit<Stats, "clients">>()! };
  }

  /** Writes what is there already, which SQLite commits like any other change. */
  async probe(): Promise<void> {
    await this.file.write(() => this.statements.touch.run());
  }

  /**
   * Checks that `client` may store `size` bytes more. To be called inside a write or read.
   * @throws {StorageError} `quota-full`, `never-fits`
   */
  checkSize(client: Bytes, size: number): void {
    const key = toHex(client);
    const room = this.#room.get(key) ?? 0;
    if (size <= room && size <= this.#roomOfAll) {
      this.#keepRoom(key, room - size, this.#roomOfAll - size);
      return;
    }
    const { own, all, quota, tokens } = this.#usage(client);
    const { maxTotalSize } = this.limits;
    const most = quota ?? this.limits.maxSenderSize;
    this.#checkFits(size, most);
    const tooMany = Math.ceil((tokens * TOKEN_OVERHEAD + size - most) / TOKEN_OVERHEAD);
    if (tooMany > 0) {
      // Nobody makes room by fetching something.
      const retryAfter = this.tokens.forgottenIn(client, tooMany);
      const text = `the sender has sent ${tokens} messages within 7 days; its quota takes no more`;
      throw new StorageError("quota-full", text, { retryAfter });
    }
    if (own + size > most) {
      const left = Math.max(0, most - own);
      const text = `what waits of the sender leaves ${left} bytes of its quota`;
      throw new StorageError("quota-full", text);
    }
    if (all + size > maxTotalSize) {
      throw new StorageError("quota-full", "the server has no room for more until some is fetched");
    }
    this.#keepRoom(key, most - own - size, maxTotalSize - all - size);
  }

  /** Looks everything up again: a quota has changed. */
  forget(): void {
    this.#room.clear();
  }

  #keepRoom(key: string, room: number, all: number): void {
    if (this.#room.size >= MAX_ROOMS && !this.#room.has(key)) this.#room.clear();
    this.#room.set(key, room);
    this.#roomOfAll = all;
  }

  /** @throws {StorageError} `never-fits` if `size` bytes do not fit where nothing else is */
  #checkFits(size: number, most: number): void {
    if (size > Math.min(most, this.limits.maxTotalSize)) {
      throw new StorageError("never-fits", `${size} bytes are more than a sender may store`);
    }
  }

  /** Returns how many uploads of `client` are not finished. To be called inside a write. */
  uploads(client: Bytes): number {
    return this.#usage(client).uploads;
  }

  /**
   * Checks that `client` may begin one more file. To be called inside a write.
   * @throws {StorageError} `quota-full`
   */
  checkFiles(client: Bytes): void {
    const { files, uploads } = this.#usage(client);
    if (files >= this.limits.maxSenderFiles) {
      throw new StorageError("quota-full", `${files} files of the sender wait already`);
    }
    if (uploads >= this.limits.maxUploads) {
      throw new StorageError("quota-full", `${uploads} uploads of the sender are not finished`);
    }
  }

  /** Begins to count a content for `client` as it comes in. */
  receive(client: Bytes): Incoming {
    const key = toHex(client);
    let counted = 0;
    const count = (size: number) => {
      counted += size;
      this.#allComing += size;
      const sum = (this.#coming.get(key) ?? 0) + size;
      if (sum > 0) this.#coming.set(key, sum);
      else this.#coming.delete(key);
    };
    return {
      add: (size) =>
        this.file.read(() => {
          this.checkSize(client, size);
          count(size);
        }),
      end: () => count(-counted),
    };
  }

  #usage(client: Bytes): Usage {
    const usage = this.statements.usage.get<Usage & object>(client)!;
    const key = toHex(client);
    const { bytes = 0, tokens = 0 } = this.tally.client(key) ?? {};
    usage.own += (this.#coming.get(key) ?? 0) + bytes;
    usage.tokens += tokens;
    usage.all += this.#allComing + this.tally.bytes;
    return usage;
  }
}

const STATEMENTS = {
  touch: "UPDATE totals SET messages = messages",
  totals: "SELECT messages, message_bytes AS messageBytes, files, file_bytes AS fileBytes, " +
    "bytes AS charged FROM totals",
  usage: "SELECT coalesce(usage.files, 0) AS files, coalesce(uploads, 0) AS uploads, " +
    "coalesce(tokens, 0) AS tokens, " +
    'coalesce(usage.bytes, 0) AS own, totals.bytes AS "all", quota FROM totals ' +
    "LEFT JOIN usage ON client = ?1 LEFT JOIN clients ON id = ?1",
};

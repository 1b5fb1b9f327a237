/** What every implementation of `Storage` must do. Each test gets an empty folder of its own. */
import { type Bytes, utf8 } from "../../shared/bytes.ts";
import { StorageError, type StorageErrorCode } from "../../shared/errors.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import type { ClientEntry } from "../../shared/protocol/message.ts";
import type { Content, Lease } from "../../server/storage/messages.ts";
import type { Client, Storage } from "../../server/storage/storage.ts";
import type { StorageLimits, StorageOptions } from "../../server/storage/storage_options.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";

/** One implementation. */
export interface Engine {
  name: string;
  /** Opens what lies in `folder`, and makes it the first time. */
  open(folder: string, options: StorageOptions): Promise<Storage>;
}

const LIMITS: StorageLimits = {
  maxOneTimePrekeys: 200,
  maxClients: 1000,
  maxMessages: 1000,
  maxMailboxSize: 1_000_000,
  mailboxParts: 1,
  maxSenderSize: 1_000_000,
  maxSenderFiles: 1000,
  maxUploads: 1000,
  maxTotalSize: 10_000_000,
  expiry: 2000,
  uploadExpiry: 1000,
};

/** A storage under test, with the shorthands that the tests share. */
export class Subject {
  readonly #engine: Engine;
  readonly #folder: string;
  readonly #limits: StorageLimits;
  storage!: Storage;
  /** What the storage takes for the time, in milliseconds since 1970. */
  now = 1;
  /** How much later it is at each look at the clock, in milliseconds; null for the real time. */
  pace: number | null = null;
  #ticks = 0;

  constructor(engine: Engine, folder: string, limits: StorageLimits) {
    this.#engine = engine;
    this.#folder = folder;
    this.#limits = limits;
  }

  async open(): Promise<void> {
    this.storage = await this.#engine.open(this.#folder, {
      limits: this.#limits,
      now: () => this.now,
      clock: () => this.pace === null ? performance.now() : this.#ticks += this.pace,
    });
  }

  /** What a stop and a start of the server do. */
  async reopen(): Promise<void> {
    await this.storage.close();
    await this.open();
  }

  /** Bytes of all files that the storage has, once it is closed and open again. */
  async size(): Promise<number> {
    await this.reopen();
    let size = 0;
    for await (const { name } of Deno.readDir(this.#folder)) {
      size += (await Deno.stat(`${this.#folder}/${name}`)).size;
    }
    return size;
  }

  /** Registers a client called `name`. */
  async register(name: string): Promise<Bytes> {
    const client = clientCalled(name);
    await this.storage.register(client);
    return client.id;
  }

  /** The whole list but the client called `except`. */
  async list(except: string): Promise<ClientEntry[]> {
    const { count, pages } = await this.storage.clientsExcept(idOf(except));
    const entries: ClientEntry[] = [];
    for await (const page of pages) {
      entries.push(...page.map(({ id, name }) => ({ id, name })));
    }
    assertEquals(count, entries.length);
    return entries;
  }

  /** Puts the text `content`, or a blob, into the mailbox `to`. */
  async send(to: Bytes, content: string | Content, from = idOf("somebody")): Promise<number> {
    const stored = typeof content === "string" ? { inline: utf8(content) } : content;
    const deposit = { from, to, type: MessageType.text, content: stored };
    return (await this.storage.deposit(deposit)).messageId;
  }

  /** Leases the first `count` messages that wait. */
  lease(mailbox: Bytes, count = Infinity): Promise<Lease> {
    return this.storage.leases.take(mailbox, { count, size: Infinity });
  }

  /** The content of a message, if it is inline. */
  async content(mailbox: Bytes, messageId: number): Promise<Bytes | undefined> {
    const room = { count: 1, size: Infinity };
    const [message] = await this.storage.page(mailbox, messageId - 1, room);
    if (message?.messageId !== messageId || "blob" in message) return undefined;
    return message.inline;
  }

  /** The IDs of the messages that wait, which they still do afterwards. */
  async waiting(mailbox: Bytes): Promise<number[]> {
    const lease = await this.lease(mailbox);
    await this.storage.leases.release(lease);
    return idsOf(lease);
  }
}

/** Registers the test `name` for `engine`. */
export function contractTest(
  engine: Engine,
  name: string,
  test: (subject: Subject) => Promise<void>,
  limits: Partial<StorageLimits> = {},
): void {
  Deno.test(`${engine.name}: ${name}`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "storage_" });
    const subject = new Subject(engine, folder, { ...LIMITS, ...limits });
    await subject.open();
    try {
      await test(subject);
    } finally {
      await subject.storage.close();
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** Fails unless `operation` is refused with this code. */
export async function assertRefused(
  operation: PromiseLike<unknown>,
  code: StorageErrorCode,
): Promise<void> {
  const error = await assertRejects(() => operation, StorageError);
  assertEquals(error.code, code);
}

/** An ID that differs from name to name. */
export function idOf(name: string): Bytes {
  const id = new Uint8Array(16);
  id.set(utf8(name).subarray(0, 16));
  return id;
}

export function clientCalled(name: string): Client {
  return { id: idOf(name), name, publicKey: new Uint8Array(160).fill(name.length) };
}

export function idsOf(lease: Lease): number[] {
  return lease.messages.map(({ messageId }) => messageId);
}

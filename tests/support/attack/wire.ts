/** An attacker between client and server: a proxy that records, and changes what it likes. */
import { type Bytes, concat } from "../../../shared/bytes.ts";
import { writeAll } from "../../../shared/io.ts";

/** Gets the bytes of one direction. Passes on what it yields; its end cuts that direction. */
export type Tamper = (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/** What is done to one connection: to what the client says (up), and the server (down). */
export interface Tampering {
  up?: Tamper;
  down?: Tamper;
}

/** What passed on one connection, as it was said. */
export interface Conversation {
  up: Bytes;
  down: Bytes;
}

/** Sizes of the handshake's two messages, in their frames. */
export const HANDSHAKE = { up: 23 + 32, down: 7 + 96 };
/** Size of the record that ends a direction. */
export const END_RECORD = 2 + 16;

export class Wire implements AsyncDisposable {
  readonly port: number;
  /** HOST:PORT */
  readonly address: string;
  readonly conversations: Conversation[] = [];
  /** Called for each connection, with how many were before; passes everything on at first. */
  tampering: (connection: number) => Tampering = () => ({});
  /** Where connections go. */
  target: number;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #accepting: Promise<void>;
  readonly #running = new Set<Promise<void>>();
  readonly #open = new Set<Deno.TcpConn>();

  constructor(target: number) {
    this.target = target;
    this.port = this.#listener.addr.port;
    this.address = `127.0.0.1:${this.port}`;
    this.#accepting = this.#accept();
  }

  /** Waits until every connection has ended. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** Forgets what was recorded, and changes what is done from now on. */
  reset(tampering: (connection: number) => Tampering = () => ({})): void {
    this.conversations.length = 0;
    this.tampering = tampering;
  }

  /** Ends all connections. */
  cut(): void {
    for (const conn of this.#open) closeQuietly(conn);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    this.cut();
    await this.idle();
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      const { up, down } = this.tampering(this.conversations.length);
      const conversation = { up: new Uint8Array(0), down: new Uint8Array(0) };
      this.conversations.push(conversation);
      const running = this.#relay(client, conversation, up, down).catch(() => {});
      this.#running.add(running);
      running.finally(() => this.#running.delete(running));
    }
  }

  async #relay(
    client: Deno.TcpConn,
    conversation: Conversation,
    up: Tamper = pass,
    down: Tamper = pass,
  ): Promise<void> {
    const ends = [client];
    try {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.target });
      ends.push(server);
      for (const end of ends) {
        end.setNoDelay(true);
        this.#open.add(end);
      }
      await Promise.all([
        pump(up(recorded(client, conversation, "up")), server),
        pump(down(recorded(server, conversation, "down")), client),
      ]);
    } finally {
      for (const end of ends) {
        closeQuietly(end);
        this.#open.delete(end);
      }
    }
  }
}

async function* recorded(
  conn: Deno.TcpConn,
  conversation: Conversation,
  direction: keyof Conversation,
): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(64 * 1024);
  for (;;) {
    const count = await conn.read(buffer).catch(() => null);
    if (count === null) return;
    const piece = buffer.slice(0, count);
    conversation[direction] = concat(conversation[direction], piece);
    yield piece;
  }
}

async function pump(bytes: AsyncIterable<Uint8Array>, to: Deno.TcpConn): Promise<void> {
  try {
    for await (const piece of bytes) await writeAll(to, piece);
    await to.closeWrite();
  } catch {
    // The other side has gone.
  }
}

function closeQuietly(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch {
    // Closed already.
  }
}

const pass: Tamper = (bytes) => bytes;

/** Ends the direction after `size` bytes, with byte `at` changed if `at` is given. */
export function limited(size: number, at = -1, mask = 0): Tamper {
  return async function* (bytes) {
    let passed = 0;
    if (size === 0) return;
    for await (const piece of bytes) {
      const part = piece.slice(0, size - passed);
      if (at >= passed && at < passed + part.length) part[at - passed] ^= mask;
      passed += part.length;
      yield part;
      if (passed === size) return;
    }
  };
}

/**
 * Splits a direction into records. `change` gets each with its number, and returns the records to
 * pass on. The handshake, of `size` bytes, passes unchanged.
 */
export function onRecords(
  size: number,
  change: (record: Bytes, number: number) => readonly Uint8Array[] | null,
): Tamper {
  return async function* (bytes) {
    let waiting: Bytes = new Uint8Array(0);
    let started = false;
    let number = 0;
    for await (const piece of bytes) {
      waiting = concat(waiting, piece);
      for (;;) {
        const next = started ? 2 + (waiting[0] << 8 | waiting[1]) : size;
        if (!(waiting.length >= next)) break;
        const record = waiting.slice(0, next);
        waiting = waiting.slice(next);
        if (!started) {
          started = true;
          yield record;
          continue;
        }
        const instead = change(record, number++);
        if (instead === null) return;
        for (const changed of instead) yield changed;
      }
    }
  };
}

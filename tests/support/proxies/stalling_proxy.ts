/** A way to the server that stands still after some bytes, as long as a test needs it to. */
import { writeAll } from "../../../shared/io.ts";

/** Passes bytes on, in both directions together as many as it may; all others have to wait. */
export class StallingProxy implements AsyncDisposable {
  /** As it stands in `server.info`. */
  readonly address: string;
  /** Hears how many bytes pass. */
  onPass: (count: number) => void = () => {};
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #port: number;
  readonly #conns = new Set<Deno.TcpConn>();
  readonly #running: Promise<void>[] = [];
  #left = Infinity;
  #stalled = Promise.withResolvers<void>();
  #released = Promise.withResolvers<void>();

  /** A proxy for the server at `port` of this machine. */
  constructor(port: number) {
    this.#port = port;
    this.address = `127.0.0.1:${this.#listener.addr.port}`;
    this.#running.push(this.#accept());
  }

  /** Stands still when `bytes` more have passed; resolves then. */
  stallAfter(bytes: number): Promise<void> {
    this.#left = bytes;
    this.#stalled = Promise.withResolvers();
    this.#released = Promise.withResolvers();
    return this.#stalled.promise;
  }

  /** Lets everything pass again. */
  release(): void {
    this.#left = Infinity;
    this.#released.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.release();
    for (const conn of this.#conns) close(conn);
    await Promise.all(this.#running);
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
      const pair = [client, server];
      for (const conn of pair) this.#conns.add(conn);
      const both = Promise.all([this.#pass(client, server), this.#pass(server, client)]);
      this.#running.push(both.then(() => pair.forEach((conn) => this.#conns.delete(conn))));
    }
  }

  /** Until either side ends, which ends the other. */
  async #pass(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (let count; (count = await from.read(buffer)) !== null;) {
        this.onPass(count);
        this.#left -= count;
        if (this.#left <= 0) {
          this.#stalled.resolve();
          await this.#released.promise;
        }
        await writeAll(to, buffer.subarray(0, count));
      }
    } catch {
      // Ended, by either side.
    }
    for (const conn of [from, to]) close(conn);
  }
}

function close(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch {
    // It is closed already.
  }
}

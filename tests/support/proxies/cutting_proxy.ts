/** A way to the server that breaks in the middle of a response. */
import { writeAll } from "../../../shared/io.ts";

export interface CuttingProxyOptions {
  /** The server's port on this machine. */
  port: number;
  /** Bytes from the server that pass on a connection before it breaks. */
  passes: number;
  /** All bytes that the server sends on it. */
  size: number;
  /** Runs when so many have passed; the way breaks when it is done. */
  then?: () => Promise<unknown>;
}

/**
 * Passes bytes on, one connection at a time, until it breaks: then both ends see their connection
 * closed. What the server sends beyond is there by then, up to a last byte that is never read, so
 * that the server sees a reset.
 */
export class CuttingProxy implements AsyncDisposable {
  readonly hostPort: string;
  /** How many connections were broken. */
  cuts = 0;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #options: CuttingProxyOptions;
  readonly #running: Promise<void>;

  constructor(options: CuttingProxyOptions) {
    this.hostPort = `127.0.0.1:${this.#listener.addr.port}`;
    this.#options = options;
    this.#running = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { port, passes, size, then } = this.#options;
    for await (const client of this.#listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port });
      const asked = pass(server, client, Infinity);
      // Whichever side ends first ends the other.
      const answered = pass(client, server, passes).then(async (left) => {
        if (left > 0) return;
        this.cuts++;
        await then?.();
        await pass(null, server, size - passes - 1);
      });
      await Promise.race([asked.then(() => then && answered), answered]);
      for (const conn of [server, client]) conn.close();
      await Promise.all([asked, answered]);
    }
  }
}

/** Passes at most `count` bytes, or drops them. Returns how many are left when either side ends. */
async function pass(to: Deno.TcpConn | null, from: Deno.TcpConn, count: number): Promise<number> {
  const buffer = new Uint8Array(16 * 1024);
  let left = count;
  try {
    while (left > 0) {
      const got = await from.read(buffer.subarray(0, Math.min(buffer.length, left)));
      if (got === null) break;
      if (to) await writeAll(to, buffer.subarray(0, got));
      left -= got;
    }
  } catch {
    // Ended, by either side.
  }
  return left;
}

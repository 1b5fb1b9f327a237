/** Accepts connections, keeps count of them, and lets them finish at the end. */
import { sleep } from "../../shared/sleep.ts";
import { Connection } from "./connection.ts";
import { Deadlines } from "./deadlines.ts";
import type { Services } from "../services.ts";

/** How often deadlines are checked, in milliseconds. This is also their precision. */
const SWEEP_INTERVAL = 500;
/** Pause after a failed accept (no file descriptors are left, for example), in milliseconds. */
const ACCEPT_PAUSE = 100;

export class Listener {
  readonly #services: Services;
  readonly #listener: Deno.TcpListener;
  readonly #deadlines: Deadlines;
  readonly #connections = new Map<Connection, Promise<void>>();
  readonly #sweeper: ReturnType<typeof setInterval>;
  #accepting: Promise<void>;
  #stopping = false;
  /** Whether the last connection was refused. */
  #full = false;

  /**
   * Listens at once.
   * @throws {Deno.errors.AddrInUse} and other errors of the system about the address
   */
  constructor(services: Services, address: { hostname: string; port: number }) {
    this.#services = services;
    this.#listener = Deno.listen({ ...address, transport: "tcp" });
    this.#deadlines = new Deadlines(services.clock);
    this.#sweeper = setInterval(() => this.#deadlines.sweep(), SWEEP_INTERVAL);
    this.#accepting = this.#accept();
  }

  /** The address it listens on, with the real port if 0 was asked for. */
  get address(): Deno.NetAddr {
    return this.#listener.addr as Deno.NetAddr;
  }

  /** Open connections. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Takes no further connection, and resolves when the last one has ended. */
  async stop(): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true;
      this.#listener.close();
    }
    await this.#accepting;
    for (const connection of this.#connections.keys()) connection.stop();
    const force = setTimeout(() => {
      for (const connection of this.#connections.keys()) connection.abort();
    }, this.#services.limits.stopDeadline);
    await Promise.all(this.#connections.values());
    clearTimeout(force);
    clearInterval(this.#sweeper);
  }

  async #accept(): Promise<void> {
    while (!this.#stopping) {
      try {
        this.#serve(await this.#listener.accept());
      } catch (error) {
        if (this.#stopping) return;
        this.#services.log.error("Cannot accept a connection: {error}", { error });
        await sleep(ACCEPT_PAUSE);
      }
    }
  }

  #serve(conn: Deno.TcpConn): void {
    const count = this.#connections.size;
    if (count >= this.#services.limits.maxConnections) {
      // One line, however many come: a flood of connections must not fill the disk with logs.
      if (!this.#full) {
        this.#services.log.warn("Connections are refused: {count} are open", { count });
      }
      this.#full = true;
      this.#services.metrics.refused("connections");
      conn.close();
      return;
    }
    this.#full = false;
    try {
      conn.setNoDelay(true);
    } catch {
      // Some systems refuse this if the peer has already gone. The first read will show it.
    }
    this.#services.metrics.accepted();
    const connection = new Connection(conn, this.#services, this.#deadlines);
    this.#connections.set(
      connection,
      connection.serve().finally(() => this.#connections.delete(connection)),
    );
  }
}

/** Accepts connections, keeps count of them, and lets them finish at the end. */
import { acceptAll } from "../accept.ts";
import { peerAddress } from "../limits/peer_address.ts";
import { Admission } from "./admission.ts";
import { peerLog } from "./peer_log.ts";
import { Connection } from "./connection.ts";
import { Deadlines } from "./deadlines.ts";
import type { Limit } from "../metrics/metrics.ts";
import type { Services } from "../services.ts";

/** How often deadlines are checked, in milliseconds. This is also their precision. */
const SWEEP_INTERVAL = 500;

export class Listener {
  readonly #services: Services;
  readonly #listener: Deno.TcpListener;
  readonly #deadlines: Deadlines;
  readonly #admission: Admission;
  readonly #connections = new Map<Connection, Promise<void>>();
  readonly #sweeper: ReturnType<typeof setInterval>;
  #accepting: Promise<void>;
  #stopping = false;

  /**
   * Listens at once.
   * @throws {Deno.errors.AddrInUse} and other errors of the system about the address
   */
  constructor(services: Services, address: { hostname: string; port: number }) {
    this.#services = services;
    this.#listener = Deno.listen({ ...address, transport: "tcp" });
    this.#deadlines = new Deadlines(services.clock);
    this.#admission = new Admission(
      services.limits,
      (limit, { key }) => this.#noteRefusal(limit, key),
    );
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_INTERVAL);
    this.#accepting = acceptAll(this.#listener, {
      serve: (conn) => this.#serve(conn),
      closed: () => this.#stopping,
      onFailure: (error) => services.log.error("Cannot accept a connection: {error}", { error }),
    });
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

  #sweep(): void {
    this.#deadlines.sweep();
    for (let ended = this.#services.memory.sweep(); ended > 0; ended--) this.#noteRefusal("memory");
  }

  #noteRefusal(limit: Limit, address?: string): void {
    const { metrics } = this.#services;
    const log = address === undefined ? this.#services.log : peerLog(this.#services, address);
    metrics.refused(limit);
    log.warn("Connections are refused or ended: the limit is {limit}", { limit });
  }

  #serve(conn: Deno.TcpConn): void {
    const { hostname } = conn.remoteAddr as Deno.NetAddr;
    const address = peerAddress(hostname, this.#services.exempt);
    const place = this.#admission.enter(address, () => connection.abort());
    if (!place) return conn.close();
    try {
      conn.setNoDelay(true);
    } catch {
      // Some systems refuse this if the peer has already gone. The first read will show it.
    }
    this.#services.metrics.accepted();
    const connection = new Connection(conn, place, this.#services, this.#deadlines);
    this.#connections.set(
      connection,
      connection.serve().finally(() => this.#connections.delete(connection)),
    );
  }
}

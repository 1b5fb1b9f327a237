/** One connection: its socket, its deadline, and the session of the protocol that it speaks. */
import { CryptoError, ProtocolError, StorageError } from "../../shared/errors.ts";
import { SECURE_VERSION } from "../../shared/protocol/codes.ts";
import { decodeRequestHeader, REQUEST_HEADER_SIZE } from "../../shared/protocol/frame.ts";
import { FrameReader } from "../../shared/protocol/frame_stream.ts";
import type { SessionLink } from "../wire/session_link.ts";
import { ClassicSession } from "../classic/classic_session.ts";
import type { Place } from "./admission.ts";
import { peerLog } from "./peer_log.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import { Refusal } from "../wire/error_replies.ts";
import { SecureSession } from "../secure/secure_session.ts";
import type { MemoryHolder } from "../limits/slow_holders.ts";
import type { ConnectionState } from "../metrics/metrics.ts";
import type { Services } from "../services.ts";
import { DiskError } from "../storage/disk_errors.ts";

export class Connection {
  readonly #conn: Deno.Conn;
  readonly #place: Place;
  readonly #services: Services;
  readonly #deadlines: Deadlines;
  readonly #deadline: Deadline;
  #session: SecureSession | ClassicSession | null = null;
  /** As the metrics count it; null before and after it is served. */
  #state: ConnectionState | null = null;
  readonly #memory: MemoryHolder;
  /** Abandons the write that is under way. */
  #interrupt = () => {};

  constructor(conn: Deno.Conn, place: Place, services: Services, deadlines: Deadlines) {
    this.#conn = conn;
    this.#place = place;
    const { key, network, exempt } = place.address;
    // Who has an IPv6 network has as many addresses as pieces of memory.
    const source = exempt ? this : network ?? key;
    this.#memory = { source, moved: 0, ended: null, end: () => this.abort() };
    const { hostname } = conn.remoteAddr as Deno.NetAddr;
    this.#services = services.logAddresses
      ? { ...services, log: peerLog(services, hostname) }
      : services;
    this.#deadlines = deadlines;
    this.#deadline = deadlines.add(() => this.abort());
  }

  /** Serves the peer until either side ends the connection. Never rejects. */
  async serve(): Promise<void> {
    this.#enter("opening");
    try {
      await this.#serveSession();
    } catch (error) {
      this.#logEnd(error);
    } finally {
      this.#deadlines.remove(this.#deadline);
      this.#enter(null);
      this.abort();
      this.#place.leave();
    }
  }

  /** Ends the connection as soon as nothing is under way on it. */
  stop(): void {
    if (this.#session) this.#session.stop();
    else this.abort();
  }

  /** Ends the connection now. */
  abort(): void {
    try {
      this.#conn.close();
    } catch {
      // Closed already.
    }
    this.#interrupt();
    this.#services.memory.leave(this.#memory, ended());
  }

  async #serveSession(): Promise<void> {
    const { limits } = this.#services;
    const source = { read: (into: Uint8Array) => this.#read(into) };
    const reader = new FrameReader(source);
    const link: SessionLink = {
      address: this.#place.address,
      memory: this.#memory,
      turn: (client) => this.#inTurn(client, () => Promise.resolve()),
      goOn: (client) => this.#services.turns.goOn(this.#memory.source, client),
      inTurn: (client, work) => this.#inTurn(client, work),
      admit: (identity) => this.#place.login(identity),
      reader,
      source,
      writeSome: (bytes) => this.#writeSome(bytes),
      closeWrite: () => this.#conn.closeWrite(),
      extend: (milliseconds) => this.#deadlines.extend(this.#deadline, milliseconds),
      answered: () => this.#place.answered(),
      loggedIn: () => this.#enter("logged-in"),
      abort: () => this.abort(),
    };
    link.extend(limits.idleDeadline);
    if (!await reader.more()) return;
    link.extend(limits.headerDeadline);
    const header = decodeRequestHeader(await reader.read(REQUEST_HEADER_SIZE));
    const secure = header.version === SECURE_VERSION;
    this.#enter(secure ? "before-login" : "classic");
    const session = secure
      ? new SecureSession(link, this.#services)
      : new ClassicSession(link, this.#services);
    this.#session = session;
    await session.serve(header);
  }

  #inTurn<T>(client: string, work: () => Promise<T>): Promise<T> {
    const { turns } = this.#services;
    const memory = this.#memory;
    return turns.run(
      memory.source,
      client,
      () => memory.ended ? Promise.reject(memory.ended) : work(),
    );
  }

  #enter(state: ConnectionState | null): void {
    this.#services.metrics.connectionMoved(this.#state, state);
    this.#state = state;
  }

  /** Writes as much as the system takes. Ends with {@link abort}, which not every write does. */
  #writeSome(bytes: Uint8Array): Promise<number> {
    return new Promise<number>((resolve, reject) => {
      this.#interrupt = () => reject(ended());
      this.#conn.write(bytes).then((count) => {
        this.#memory.moved += count;
        resolve(count);
      }, reject);
    }).finally(() => this.#interrupt = () => {}); // a closure that would keep the bytes in memory
  }

  async #read(into: Uint8Array): Promise<number | null> {
    const count = await this.#conn.read(into);
    this.#memory.moved += count ?? 0;
    return count;
  }

  #logEnd(error: unknown): void {
    const { disk, log, metrics } = this.#services;
    if (error instanceof Refusal && error.limit) metrics.refused(error.limit);
    const expected = error instanceof ProtocolError || error instanceof CryptoError ||
      error instanceof Refusal ||
      error instanceof StorageError && error.code !== "failed" ||
      error instanceof Deno.errors.BadResource ||
      error instanceof Deno.errors.Interrupted || error instanceof Deno.errors.ConnectionReset ||
      error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionAborted ||
      error instanceof Deno.errors.NotConnected;
    if (error instanceof DiskError) disk.report(error);
    else if (expected) log.debug("Connection ended: {reason}", { reason: error.name });
    else log.error("Connection failed: {error}", { error });
  }
}

function ended(): Error {
  return new Deno.errors.Interrupted("the connection was ended");
}

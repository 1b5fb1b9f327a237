/** One connection: its socket, its deadline, and the session of the protocol that it speaks. */
import { CryptoError, ProtocolError, StorageError } from "../../shared/errors.ts";
import { SECURE_VERSION } from "../../shared/protocol/codes.ts";
import {
  decodeRequestHeader,
  REQUEST_HEADER_SIZE,
  type RequestHeader,
} from "../../shared/protocol/frame.ts";
import type { ByteSource } from "../../shared/io.ts";
import { FrameReader } from "../../shared/protocol/frame_stream.ts";
import type { SessionLink } from "../wire/session_link.ts";
import { ClassicSession } from "../classic/classic_session.ts";
import type { Place } from "./admission.ts";
import { peerLog } from "./peer_log.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import { Refusal } from "../wire/error_replies.ts";
import { SecureSession } from "../secure/secure_session.ts";
import type { PeerAddress } from "../limits/peer_address.ts";
import type { MemoryHolder } from "../limits/slow_holders.ts";
import type { ConnectionState } from "../metrics/metrics.ts";
import type { Services } from "../services.ts";
import { DiskError } from "../storage/disk_errors.ts";

/** For what waits on a connection that was ended. */
const ENDED = new Deno.errors.Interrupted("the connection was ended");

export class Connection implements SessionLink, ByteSource {
  readonly address: PeerAddress;
  readonly memory: MemoryHolder;
  readonly reader = new FrameReader(this);
  readonly #services: Services;
  readonly #deadline: Deadline;
  #session: SecureSession | ClassicSession | null = null;
  /** As the metrics count it; null before and after it is served. */
  #state: ConnectionState | null = null;
  readonly #noteRead = (count: number | null) => {
    this.memory.moved += count ?? 0;
    return count;
  };
  /** Abandons the write that is under way. Keeps none of its bytes. */
  #interrupt: (reason: Error) => void = () => {};

  constructor(
    private readonly conn: Deno.Conn,
    private readonly place: Place,
    services: Services,
    private readonly deadlines: Deadlines,
  ) {
    const { address } = place;
    const { key, network, exempt } = address;
    this.address = address;
    // Who has an IPv6 network has as many addresses as pieces of memory.
    const source = exempt ? this : network ?? key;
    this.memory = { source, moved: 0, ended: null, end: () => this.abort() };
    const { hostname } = conn.remoteAddr as Deno.NetAddr;
    this.#services = services.logAddresses
      ? { ...services, log: peerLog(services, hostname) }
      : services;
    this.#deadline = deadlines.add(this.memory.end);
  }

  /** The bytes that {@link reader} has not received yet. */
  get source(): ByteSource {
    return this;
  }

  /** Serves the peer until either side ends the connection. Never rejects. */
  async serve(): Promise<void> {
    const { reader } = this;
    const { limits } = this.#services;
    this.#enter("opening");
    try {
      this.extend(limits.idleDeadline);
      if (!await reader.more()) return;
      this.extend(limits.headerDeadline);
      const header = decodeRequestHeader(await reader.read(REQUEST_HEADER_SIZE));
      await this.#sessionFor(header).serve(header);
    } catch (error) {
      this.#logEnd(error);
    } finally {
      this.deadlines.remove(this.#deadline);
      this.#enter(null);
      this.abort();
      this.place.leave();
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
      this.conn.close();
    } catch {
      // Closed already.
    }
    this.#interrupt(ENDED); // which closing does not do on every system
    this.#services.memory.leave(this.memory, ENDED);
  }

  turn(client: string): Promise<void> {
    return this.inTurn(client, () => Promise.resolve());
  }

  goOn(client: string): Promise<void> {
    return this.#services.turns.goOn(this.memory.source, client);
  }

  inTurn<T>(client: string, work: () => Promise<T>): Promise<T> {
    const { memory } = this;
    return this.#services.turns.run(
      memory.source,
      client,
      () => memory.ended ? Promise.reject(memory.ended) : work(),
    );
  }

  admit(identity: string): boolean {
    return this.place.login(identity);
  }

  writeSome(bytes: Uint8Array): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#interrupt = reject;
    this.conn.write(bytes).then((count) => {
      this.memory.moved += count;
      resolve(count);
    }, reject);
    return promise;
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.conn.read(into).then(this.#noteRead);
  }

  closeWrite(): Promise<void> {
    return this.conn.closeWrite();
  }

  extend(milliseconds: number): void {
    this.deadlines.extend(this.#deadline, milliseconds);
  }

  answered(): void {
    this.place.answered();
  }

  loggedIn(): void {
    this.#enter("logged-in");
  }

  #sessionFor({ version }: RequestHeader): SecureSession | ClassicSession {
    const secure = version === SECURE_VERSION;
    this.#enter(secure ? "before-login" : "classic");
    return this.#session = secure
      ? new SecureSession(this, this.#services)
      : new ClassicSession(this, this.#services);
  }

  #enter(state: ConnectionState | null): void {
    this.#services.metrics.connectionMoved(this.#state, state);
    this.#state = state;
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

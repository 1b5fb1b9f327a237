import { sleep } from "../../shared/sleep.ts";
import { ClientError } from "../errors.ts";
import { closeAnyway, connectionDuplex, type Duplex } from "./duplex.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Method } from "./method.ts";
import { type PeerOptions, RpcPeer } from "./rpc_peer.ts";

/** The most conversations at a time; each is a process of the same user. */
const MAX_PEERS = 256;
/** The most connections at a time of which nobody knows yet whether they may ask anything. */
const MAX_STRANGERS = 32;
/** How long one who is too many has to ask, so that it is told, in milliseconds. */
const REFUSAL = 2_000;
/** Pause after a failed accept, in milliseconds. */
const PAUSE = 100;

/** Answers everyone who connects to an endpoint, and other streams. */
export class EngineServer implements AsyncDisposable {
  readonly #peers = new Set<RpcPeer>();
  /** Those who are too many. */
  readonly #refused = new Set<RpcPeer>();
  readonly #strangers = new Set<Deno.Conn>();
  readonly #accepting: Promise<void>;
  #closed = false;

  constructor(private readonly endpoint: Endpoint, private readonly methods: readonly Method[]) {
    this.#accepting = this.#acceptAll();
  }

  /** How many conversations go on. */
  get count(): number {
    return this.#peers.size;
  }

  /** Answers on another stream. */
  serve(stream: Duplex, options?: PeerOptions): RpcPeer {
    const peer = new RpcPeer(stream, this.methods, options);
    this.#peers.add(peer);
    peer.closed.then(() => this.#peers.delete(peer));
    return peer;
  }

  /** Takes nobody any more, and ends all conversations. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.endpoint[Symbol.asyncDispose]();
    await this.#accepting;
    await Promise.all([...this.#peers, ...this.#refused].map((peer) => peer.close()));
  }

  async #acceptAll(): Promise<void> {
    while (!this.#closed) {
      try {
        void this.#take(await this.endpoint.accept());
      } catch {
        if (this.#closed) return;
        // Too many files are open, for example: this passes when some are closed.
        await sleep(PAUSE);
      }
    }
  }

  async #take(conn: Deno.Conn): Promise<void> {
    try {
      if (!await this.#admits(conn)) return;
      if (this.#peers.size >= MAX_PEERS) return await this.#refuse(conn);
      await this.serve(connectionDuplex(conn)).closed;
    } finally {
      closeAnyway(conn);
    }
  }

  /** Tells one who is too many so, whatever it asks for. */
  async #refuse(conn: Deno.Conn): Promise<void> {
    if (this.#refused.size >= MAX_STRANGERS) return;
    const methods = this.methods.map((method) => ({ ...method, run: refuse }));
    const peer = new RpcPeer(connectionDuplex(conn), methods);
    this.#refused.add(peer);
    const late = setTimeout(() => void peer.close(), REFUSAL);
    await peer.closed;
    clearTimeout(late);
    this.#refused.delete(peer);
  }

  /** An honest process is admitted in a moment, so the one that has taken longest is in the way. */
  async #admits(conn: Deno.Conn): Promise<boolean> {
    const [oldest] = this.#strangers;
    if (this.#strangers.size >= MAX_STRANGERS) closeAnyway(oldest);
    this.#strangers.add(conn);
    try {
      return await this.endpoint.admits(conn);
    } finally {
      this.#strangers.delete(conn);
    }
  }
}

function refuse(): never {
  const message = `the engine of this profile serves ${MAX_PEERS} programs already`;
  throw new ClientError("busy", `${message}; end some of them, and try again`);
}

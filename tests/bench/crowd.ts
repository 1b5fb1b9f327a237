/**
 * Many connections to one server: idle ones, ones that drip a byte now and then, and active ones
 * that write to each other at a steady pace.
 */
import { ChannelOpening } from "../../shared/channel/opening.ts";
import { encodeSecureRequest } from "../../shared/protocol/secure/requests.ts";
import { sleep } from "../../shared/sleep.ts";
import { ResponseCode } from "../support/protocol/codes.ts";
import { connect } from "./classic_load.ts";
import type { Job } from "./job.ts";
import { renew, sendFrame } from "./load_work.ts";
import { type LoadIdentity, newIdentity, SecureLink } from "./secure_link.ts";

/** Connections that are opened at a time. */
const OPENING = 16;
/** Milliseconds between two bytes of a connection that drips. */
const DRIP = 2_000;

export class Crowd implements Disposable {
  readonly #links: SecureLink[] = [];
  readonly #dripping = new Set<Deno.TcpConn>();
  /** Resolves when the active ones may go on. */
  #running = Promise.withResolvers<void>();
  #paused = true;
  #closed = false;
  /** What broke while nobody waited for it. */
  #failure: unknown;

  /** Opens all connections. The active ones begin with {@link resume}. */
  async open({ port, idle, dripping, active, pace }: Job & { kind: "crowd" }): Promise<void> {
    const identities: LoadIdentity[] = [];
    for (let i = 0; i < idle + active; i++) identities.push(await newIdentity());
    let next = 0;
    await Promise.all(Array.from({ length: OPENING }, async () => {
      for (let i; (i = next++) < identities.length;) {
        const link = this.#links[i] = await SecureLink.login(port, identities[i]);
        await link.subscribe();
      }
    }));
    for (let i = 0; i < active; i++) {
      const to = identities[idle + (i ^ 1) % active];
      this.#watch(this.#converse(this.#links[idle + i], to, pace, i / active));
    }
    for (let i = 0; i < dripping; i++) this.#watch(this.#drip(port, i / dripping));
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#running = Promise.withResolvers();
  }

  /** @throws what broke since the last call */
  resume(): void {
    if (this.#failure) throw this.#failure;
    this.#paused = false;
    this.#running.resolve();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#running.resolve();
    for (const link of this.#links) link.close();
    for (const conn of this.#dripping) conn.close();
  }

  #watch(work: Promise<void>): void {
    work.catch((error) => {
      if (!this.#closed) this.#failure ??= error;
    });
  }

  /** Sends a message every `pace` milliseconds, and acknowledges those that come. */
  async #converse(
    link: SecureLink,
    to: LoadIdentity,
    pace: number,
    phase: number,
  ): Promise<void> {
    const frame = sendFrame(to.id);
    // One read at a time and one write at a time, side by side.
    let written: Promise<void> = Promise.resolve();
    const write = (bytes: Uint8Array) => written = written.then(() => link.write(bytes));
    this.#watch((async () => {
      await this.#running.promise;
      for (await sleep(pace * phase); !this.#closed; await sleep(pace)) {
        await this.#running.promise;
        renew(frame);
        await write(frame);
      }
    })());
    while (!this.#closed) {
      const { code, payload } = await link.next();
      if (code !== ResponseCode.push) continue;
      // The number of the message stands behind its sender's ID.
      const messageIds = [new DataView(payload.buffer, payload.byteOffset + 16).getUint32(0, true)];
      await write(encodeSecureRequest({ kind: "acknowledge", messageIds }));
    }
  }

  /** Sends a handshake byte by byte; begins again when the server has enough of it. */
  async #drip(port: number, phase: number): Promise<void> {
    const { request } = new ChannelOpening();
    await this.#running.promise;
    await sleep(DRIP * phase);
    while (!this.#closed) {
      const conn = await connect(port);
      this.#dripping.add(conn);
      try {
        for (const byte of request.subarray(0, -1)) {
          await conn.write(Uint8Array.of(byte));
          await sleep(DRIP);
        }
      } catch {
        // The server has ended it, as it should.
      } finally {
        this.#dripping.delete(conn);
        conn.close();
      }
    }
  }
}

/**
 * The classic protocol on one connection: requests in, responses out, in order, until the peer
 * closes.
 *
 * Delivered messages stay leased until the peer has shown that it got the whole response: by
 * closing cleanly, or by a request that it began after the response was written. Anything else (a
 * reset, an end inside a frame, a deadline) puts them back into the mailbox.
 */
import { CLASSIC_REQUESTS, SEND_PREFIX_SIZE } from "../../shared/protocol/classic/requests.ts";
import { encodeResponse } from "../../shared/protocol/classic/responses.ts";
import { CLASSIC_VERSION } from "../../shared/protocol/codes.ts";
import {
  decodeRequestHeader,
  encodeResponseHeader,
  REQUEST_HEADER_SIZE,
  type RequestHeader,
} from "../../shared/protocol/frame.ts";
import { sleep } from "../../shared/sleep.ts";
import type { Hold } from "../limits/memory_pool.ts";
import type { Result } from "../metrics/metrics.ts";
import type { Services } from "../services.ts";
import { errorReply } from "../wire/error_replies.ts";
import {
  DELIVERY_MEMORY,
  PAGE_MEMORY,
  REQUEST_MEMORY,
  STREAM_MEMORY,
  streamedMemory,
} from "../wire/memory.ts";
import { chargeAnswer } from "../wire/pace.ts";
import { linger, Payload } from "../wire/payload.ts";
import type { SessionLink } from "../wire/session_link.ts";
import { type Answer, dispatch } from "./dispatch.ts";
import type { LeasedPart } from "./lease_messages.ts";

const FAILURE = { kind: "failure" } as const;
/** How long a reset may take to follow the end of a peer's stream, in milliseconds. */
const RESET_DELAY = 20;

export class ClassicSession {
  #delivered: LeasedPart[] = [];
  /** Whether the peer's next bytes, or its end, prove that it got all responses so far. */
  #provable = true;
  #waiting = false;
  #stopping = false;

  constructor(private readonly link: SessionLink, private readonly services: Services) {}

  /** Serves the peer whose first request has this header, until either side ends the connection. */
  async serve(first: RequestHeader): Promise<void> {
    try {
      let inStep = await this.#serveRequest(first);
      while (inStep && await this.#waitForRequest()) {
        this.link.extend(this.services.limits.headerDeadline);
        const header = decodeRequestHeader(await this.link.reader.read(REQUEST_HEADER_SIZE));
        await this.#confirmDelivered();
        inStep = await this.#serveRequest(header);
      }
    } finally {
      for (const { lease } of this.#delivered) await this.services.storage.leases.release(lease);
    }
  }

  /** Ends the connection as soon as nothing is under way on it. */
  stop(): void {
    this.#stopping = true;
    if (this.#waiting && this.#delivered.length === 0) this.link.abort();
  }

  /** Returns false when there will be no further request. */
  async #waitForRequest(): Promise<boolean> {
    if (this.#stopping && this.#delivered.length === 0) return false;
    this.link.extend(this.services.limits.idleDeadline);
    this.#waiting = true;
    const more = await this.link.reader.more();
    this.#waiting = false;
    if (!more && this.#delivered.length > 0) {
      await this.#checkEnd();
      await this.#confirmDelivered();
    }
    return more;
  }

  /** Returns false when the stream of requests cannot go on. */
  async #serveRequest(header: RequestHeader): Promise<boolean> {
    const { limits, classic } = this.services;
    if (!classic || header.version < 1 || header.version > CLASSIC_VERSION) {
      await this.#write(encodeResponse({ version: CLASSIC_VERSION, ...FAILURE }));
      await this.#linger();
      return false;
    }
    const { link } = this;
    const payload = new Payload(link.reader, header.size, () => link.extend(limits.idleDeadline));
    const taken = this.#takeMemory(header);
    if (taken instanceof Promise) link.extend(limits.idleDeadline);
    const hold = await taken;
    try {
      const answer = await this.#answer(header, payload);
      if (answer.kind === "streamed") {
        hold.shrinkTo(streamedMemory(answer.size));
        const { key, exempt } = link.address;
        if (!exempt) chargeAnswer(key, answer.size, this.services.rates);
      }
      await this.#reply(answer);
      if (answer.kind !== "failure") this.link.answered();
    } finally {
      hold.release();
    }
    // What is left belongs to a refused request.
    const inStep = payload.left <= limits.maxDiscardSize;
    if (inStep) await payload.discard();
    else await this.#linger();
    return inStep;
  }

  /** Takes what the request needs until its answer is written. */
  #takeMemory({ code, size }: RequestHeader): Hold | Promise<Hold> {
    const { memory, limits } = this.services;
    const { of } = CLASSIC_REQUESTS;
    if (size > SEND_PREFIX_SIZE + limits.maxInlineSize) {
      return memory.chunks.take(this.link.memory, STREAM_MEMORY);
    }
    if (code === of["get-messages"].code) {
      return memory.pages.take(this.link.memory, DELIVERY_MEMORY);
    }
    if (code === of["client-list"].code) return memory.pages.take(this.link.memory, PAGE_MEMORY);
    return memory.requests.take(this.link.memory, REQUEST_MEMORY + size);
  }

  async #answer(header: RequestHeader, payload: Payload): Promise<Answer | typeof FAILURE> {
    const { clock, metrics } = this.services;
    const begun = clock();
    let result: Result = "broken";
    try {
      const answer = await dispatch(header, payload, this.link, this.services);
      result = "ok";
      return answer;
    } catch (error) {
      // Classic clients are not told why.
      result = errorReply(error, header.code, this.services).error;
      await this.link.turn(this.link.address.key);
      return FAILURE;
    } finally {
      metrics.answered("classic", header.code, result, clock() - begun);
    }
  }

  async #reply(answer: Answer | typeof FAILURE): Promise<void> {
    if ("parts" in answer) {
      this.#delivered.push(...answer.parts.filter(({ lease }) => lease.messages.length > 0));
    }
    // From here on #write notices anything that the peer sends. Bytes that are already here are
    // noticed after the process has waited once, which only a timer guarantees.
    this.link.reader.lookAhead();
    if (this.#delivered.length > 0) await sleep(0);
    if (answer.kind !== "streamed") {
      return await this.#write(encodeResponse({ version: CLASSIC_VERSION, ...answer }));
    }
    const { code, size } = answer;
    const header = encodeResponseHeader({ version: CLASSIC_VERSION, code, size });
    await answer.write(header, { write: (bytes) => this.#write(bytes) });
  }

  /**
   * Writes a response, or a part of one. What the peer sends before the system has the last piece
   * proves nothing about the response; what it sends afterwards does.
   */
  async #write(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length;) {
      this.#provable = this.link.reader.quiet;
      this.link.extend(this.services.limits.idleDeadline);
      written += await this.link.writeSome(bytes.subarray(written));
    }
  }

  /**
   * Fails if a reset has followed the end of the peer's stream: then the peer has not read all that
   * it was sent. Reading does not show that, but writing does, even writing nothing.
   */
  async #checkEnd(): Promise<void> {
    await sleep(RESET_DELAY);
    await this.link.writeSome(new Uint8Array(0));
  }

  async #confirmDelivered(): Promise<void> {
    if (!this.#provable) return;
    const { storage, blobs, log } = this.services;
    for (let delivery; (delivery = this.#delivered[0]);) {
      await storage.leases.remove(delivery.lease, delivery.messages);
      this.#delivered.shift();
      const names = delivery.messages.map(({ blob }) => blob).filter((blob) => blob !== undefined);
      await blobs.removeAll(names, log);
    }
  }

  /** Lets a refused peer read its response. */
  async #linger(): Promise<void> {
    await this.link.closeWrite();
    this.link.extend(this.services.limits.headerDeadline);
    await linger(this.link.reader, this.services.limits.maxDiscardSize);
  }
}

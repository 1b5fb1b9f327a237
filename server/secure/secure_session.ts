import type { Bytes } from "../../shared/bytes.ts";
import { Channel } from "../../shared/channel/channel.ts";
import { acceptHandshake, readHandshakeRequest } from "../../shared/channel/opening.ts";
import { ProtocolError } from "../../shared/errors.ts";
import { FILE_CHUNK_SIZE, MiB } from "../../shared/limits.ts";
import { SECURE_VERSION } from "../../shared/protocol/codes.ts";
import {
  decodeRequestHeader,
  encodeResponseHeader,
  REQUEST_HEADER_SIZE,
  type RequestHeader,
} from "../../shared/protocol/frame.ts";
import { FrameReader } from "../../shared/protocol/frame_stream.ts";
import { encodeSecureResponse, type SecureError } from "../../shared/protocol/secure/responses.ts";
import type { Hold } from "../limits/memory_pool.ts";
import type { Result } from "../metrics/metrics.ts";
import type { Services } from "../services.ts";
import { errorReply, Refusal, RESTART_TIME, tooFast } from "../wire/error_replies.ts";
import { FrameWriter } from "../wire/frame_writer.ts";
import { streamedMemory } from "../wire/memory.ts";
import { chargeAnswer } from "../wire/pace.ts";
import { linger, Payload } from "../wire/payload.ts";
import type { SessionLink } from "../wire/session_link.ts";
import type { SecurePeer } from "./account.ts";
import { Answers, type Place, type Ready } from "./answers.ts";
import { type Answer, dispatch, looksUp, type Pool, trafficOf } from "./dispatch.ts";
import { Pushing } from "./pushing.ts";

/** Requests of one client that may be under way at a time, and bytes of their payloads. */
export const MAX_UNDER_WAY = 256;
export const MAX_UNDER_WAY_SIZE = 1 * MiB;
/** The same where chunks of files are among them: disk and network work on some at a time. */
export const MAX_CHUNKS_SIZE = 4 * FILE_CHUNK_SIZE;
/** Requests after which others have a turn. */
const TURN = 16;
/** How long nothing must come from a peer to which the server says that it stops. */
const STOP_QUIET = 50;
/** How long a peer may take to close its side when the server stops, in milliseconds. */
const STOP_LINGER = 1_000;

/** What is read: the handshake, nothing until the next request begins, a request, or no more. */
type State = "opening" | "waiting" | "serving" | "ending";

type Reply = Answer | SecureError;

const nothing = () => {};

/** An open channel and who is at its other end. */
interface Line {
  readonly channel: Channel;
  readonly frames: FrameReader;
  readonly writer: FrameWriter;
  readonly answers: Answers;
  readonly peer: SecurePeer;
}

/** A request, with the bytes of its payload or what is to come of it. */
interface Request {
  readonly header: RequestHeader;
  readonly payload: Bytes | Payload;
  /** Whether it came when the server was stopping. */
  readonly late: boolean;
  /** To be called when it is under way, if it is read whole. */
  readonly begun: () => void;
}

/**
 * The secure protocol on one connection: handshake, login, then requests that are answered in order
 * and messages that are pushed in between.
 *
 * Requests are read one after the other. Some may overlap: those that only queue work for the next
 * commit, so that a client which pipelines them shares commits with itself, and those that move the
 * chunks of files. Every other request waits until the answers to those before it were written, so
 * a client that does not read has at most one long answer waiting.
 */
export class SecureSession {
  #state: State = "opening";
  /** Ends the wait for the next request. */
  #wake = () => {};
  #stopping = false;
  /** Requests so far. */
  #served = 0;
  #pushing: Pushing | null = null;
  /** Why the connection was ended. */
  #failure: unknown = undefined;

  constructor(private readonly link: SessionLink, private readonly services: Services) {}

  /** Serves the peer whose request 110 has this header, until either side ends the channel. */
  async serve(header: RequestHeader): Promise<void> {
    const line = await this.#open(header);
    try {
      while (await this.#serveRequest(line));
      await this.#finish(line);
    } catch (error) {
      throw this.#failure ?? error;
    } finally {
      this.#end();
      // Forgets the keys.
      line.channel.abort(new ProtocolError("truncated", "the connection has ended"));
    }
  }

  /** Answers what is under way, refuses what is on its way, and ends the channel. */
  stop(): void {
    this.#stopping = true;
    if (this.#state === "opening") this.link.abort();
    this.#pushing?.stop(RESTART_TIME);
    this.#wake();
  }

  async #open(header: RequestHeader): Promise<Line> {
    const { link } = this;
    const { address, reader, source } = link;
    const message = await readHandshakeRequest(header, (size) => reader.read(size));
    const wait = this.services.rates.handshakes.take(address);
    if (wait > 0) throw tooFast("handshakes", wait);
    await this.link.turn("");
    const { reply, result } = acceptHandshake(message, this.services.serverKey);
    const peer: SecurePeer = {
      handshakeHash: result.hash,
      address,
      inTurn: (client, work) => link.inTurn(client, work),
      admit: (identity) => link.admit(identity),
      identity: null,
      key: null,
      registered: false,
      departures: -1,
    };
    const write = async (bytes: Uint8Array) => {
      for (let written = 0; written < bytes.length;) {
        written += await link.writeSome(bytes.subarray(written));
        this.#extendFor(peer);
      }
    };
    await write(reply);
    const channel = new Channel(result, source, { write }, reader.takeRest());
    const writer = new FrameWriter(channel);
    const answers = new Answers(
      (frames) => writer.write(frames),
      (error) => this.#fail(error),
    );
    return { channel, frames: new FrameReader(channel), writer, answers, peer };
  }

  /** Returns false if there will be no further request. Waits only for what is not there yet. */
  async #serveRequest(line: Line): Promise<boolean> {
    const { frames, answers, peer } = line;
    const { limits } = this.services;
    if (++this.#served % TURN === 0) await this.link.goOn(peer.key ?? "");
    if (frames.buffered === 0 && !await this.#nextRequest(frames, peer)) return false;
    const late = this.#stopping;
    if (peer.identity) this.link.extend(limits.headerDeadline);
    if (frames.buffered < REQUEST_HEADER_SIZE) await frames.gather(REQUEST_HEADER_SIZE);
    const header = decodeRequestHeader(
      frames.take(REQUEST_HEADER_SIZE) ?? await frames.read(REQUEST_HEADER_SIZE),
    );
    // Nobody knows how long the frames of another version are.
    const known = header.version === SECURE_VERSION;
    const { overlaps, carriesChunk, streams, pool, memory } = trafficOf(header, limits);
    const size = carriesChunk ? FILE_CHUNK_SIZE : header.size;
    const count = overlaps ? MAX_UNDER_WAY - 1 : 0;
    const room = Math.max(0, (carriesChunk ? MAX_CHUNKS_SIZE : MAX_UNDER_WAY_SIZE) - size);
    if (!answers.fit(count, room)) await answers.until(count, room);
    const hold = this.#takeMemory(pool, memory, peer);
    const place = answers.add(size, hold instanceof Promise ? await hold : hold);
    const whole = known && !streams && header.size <= limits.maxDiscardSize;
    if (whole && frames.buffered < header.size) await frames.gather(header.size);
    const bytes = whole ? frames.take(header.size) : null;
    if (bytes) this.#extendFor(peer);
    const payload = bytes ?? new Payload(frames, header.size, () => this.#extendFor(peer));
    // Nothing may overtake a request that is not under way at once. Asked only now, as a client may
    // have left while the payload came.
    const atOnce = bytes && !looksUp(header, peer, this.services);
    const begun = atOnce ? null : Promise.withResolvers<void>();
    this.#answer({ header, payload, late, begun: begun?.resolve ?? nothing }, place, line);
    if (payload instanceof Payload && streams) await payload.released;
    else if (begun) await begun.promise;
    if (!overlaps) await answers.until(0);
    if (!(payload instanceof Payload)) return peer.identity !== null;
    const inStep = known && payload.left <= limits.maxDiscardSize;
    if (!inStep || !peer.identity) return false;
    await payload.discard();
    return true;
  }

  /** Takes what a request needs. Those before it need nothing more, so it waits for no deadlock. */
  #takeMemory(pool: Pool, size: number, peer: SecurePeer): Hold | Promise<Hold> {
    const hold = this.services.memory[pool].take(this.link.memory, size);
    if (hold instanceof Promise) this.#extendFor(peer);
    return hold;
  }

  /** Waits for the next request; returns false if there is none, or none is to be taken. */
  async #nextRequest(frames: FrameReader, peer: SecurePeer): Promise<boolean> {
    this.#state = "waiting";
    this.#extendFor(peer);
    let quiet: ReturnType<typeof setTimeout> | undefined;
    try {
      return await new Promise((resolve, reject) => {
        this.#wake = () => quiet ??= setTimeout(() => resolve(false), STOP_QUIET);
        if (this.#stopping) this.#wake();
        frames.more().then(resolve, reject);
      });
    } finally {
      if (quiet !== undefined) clearTimeout(quiet);
      this.#state = "serving";
      this.#wake = () => {};
    }
  }

  /**
   * Moves the deadline after a sign of life. Before the login nothing does: everything must happen
   * within the deadline of the connection's first request.
   */
  #extendFor({ identity }: SecurePeer): void {
    const { idleDeadline, sessionIdleDeadline } = this.services.limits;
    const waiting = this.#state === "waiting";
    if (identity) this.link.extend(waiting ? sessionIdleDeadline : idleDeadline);
  }

  /** Writes what is under way, ends this side's direction, and lets the peer read all of it. */
  async #finish({ channel, frames, answers }: Line): Promise<void> {
    const { headerDeadline, maxDiscardSize } = this.services.limits;
    this.#end();
    this.link.extend(headerDeadline);
    await this.#pushing?.done;
    await answers.until(0);
    await channel.end();
    await this.link.closeWrite();
    this.link.extend(this.#stopping ? STOP_LINGER : headerDeadline);
    await linger(frames, maxDiscardSize);
  }

  /** Has a request answered in its place. Never rejects: what cannot be answered ends all. */
  async #answer(request: Request, place: Place, line: Line): Promise<void> {
    try {
      const reply = await this.#reply(request, line.peer);
      line.answers.ready(place, this.#ready(reply, place, line));
    } catch (error) {
      line.answers.drop(place);
      this.#fail(error);
    }
  }

  /** Returns the reply to a request, which is refused if it came when the server was stopping. */
  async #reply(
    { header, payload, late, begun: onBegun }: Request,
    peer: SecurePeer,
  ): Promise<Reply> {
    const { clock, metrics } = this.services;
    const begun = clock();
    let result: Result = "broken";
    try {
      if (late) throw new Refusal("shutting-down", "the server stops", RESTART_TIME);
      const answer = await dispatch(header, payload, peer, this.services, onBegun);
      result = "ok";
      if (answer.kind === "logged-in") this.link.loggedIn();
      return answer;
    } catch (error) {
      const reply = errorReply(error, header.code, this.services);
      result = reply.error;
      await this.link.turn(peer.key ?? "");
      return reply;
    } finally {
      onBegun();
      if (payload instanceof Payload) payload.release();
      metrics.answered("secure", header.code, result, clock() - begun);
    }
  }

  /** Returns the frame of a reply, or what writes it where it is more than a frame. */
  #ready(reply: Reply, { hold }: Place, { writer, peer }: Line): Ready {
    switch (reply.kind) {
      case "streamed":
        return () => {
          const { code, size } = reply;
          hold.shrinkTo(streamedMemory(size));
          if (peer.key !== null) chargeAnswer(peer.key, size, this.services.rates);
          const header: Bytes = encodeResponseHeader({ version: SECURE_VERSION, code, size });
          return writer.exclusive((sink) => reply.write(header, sink));
        };
      case "chunk-frame":
        return async () => {
          await writer.write(reply.frame);
          await reply.done();
        };
      case "subscribed":
        return async () => {
          await writer.write(encodeSecureResponse(reply));
          this.#startPushing(writer, peer);
        };
      default:
        return encodeSecureResponse(reply);
    }
  }

  #startPushing(writer: FrameWriter, { identity }: SecurePeer): void {
    if (!identity || this.#pushing || this.#state === "ending") return;
    this.#pushing = new Pushing(identity.clientId, writer, this.services, this.link.memory);
    this.#pushing.done.catch((error) => this.#fail(error));
    if (this.#stopping) this.#pushing.stop(RESTART_TIME);
  }

  #end(): void {
    this.#state = "ending";
    this.#pushing?.stop();
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.link.abort();
  }
}

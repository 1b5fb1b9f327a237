/**
 * The secure protocol on one connection: handshake, login, then requests that are answered in order
 * and messages that are pushed in between.
 *
 * Requests are read one after the other. Those that only queue work for the next commit (inline
 * sends, acknowledgements), and those that move the chunks of files, do not wait for each other's answers, so a client that pipelines them
 * shares commits with itself; every other request waits until the answers to those before it were
 * written, so a client that does not read has at most one long answer waiting.
 */
import type { Bytes } from "../../shared/bytes.ts";
import { type Channel, openChannel } from "../../shared/channel/channel.ts";
import { acceptHandshake, readHandshakeRequest } from "../../shared/channel/opening.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { ProtocolError } from "../../shared/errors.ts";
import { type ByteSink, writeAll } from "../../shared/io.ts";
import { FILE_CHUNK_SIZE, KiB, MiB } from "../../shared/limits.ts";
import { secureClients } from "../../shared/protocol/secure/directory.ts";
import { messages } from "../../shared/protocol/secure/messages.ts";
import { SECURE_VERSION } from "../../shared/protocol/codes.ts";
import {
  decodeRequestHeader,
  encodeResponseHeader,
  REQUEST_HEADER_SIZE,
  type RequestHeader,
} from "../../shared/protocol/frame.ts";
import { encodeSecureResponse } from "../../shared/protocol/secure/responses.ts";
import { FrameReader } from "../../shared/protocol/frame_stream.ts";
import type { SessionLink } from "../connections/connection.ts";
import { writeDelivery } from "../wire/delivery.ts";
import { FrameWriter } from "../wire/frame_writer.ts";
import { writeListing } from "../wire/listing.ts";
import { Payload } from "../wire/payload.ts";
import { Pushing } from "./pushing.ts";
import { refusalOf } from "../wire/refusals.ts";
import { dispatchSecure, isAboutChunk, mayOverlap, type SecureReply } from "./secure_dispatch.ts";
import type { Services } from "../services.ts";

/** Requests of one client that may be under way at a time, and bytes of their payloads. */
const MAX_UNDER_WAY = 256;
const MAX_UNDER_WAY_SIZE = 1 * MiB;
/** The same where chunks of files are among them: disk and network work on some at a time. */
const MAX_CHUNKS_SIZE = 4 * FILE_CHUNK_SIZE;
/** How long a peer may take to close its side when the server stops, in milliseconds. */
const STOP_LINGER = 1_000;
/** What is read at a time of what nobody wants. */
const LINGER_STEP = 4 * KiB;

const NOTHING: Bytes = new Uint8Array(0);

/** Who is at the other end; filled by the login. */
export interface SecurePeer {
  /** 32 bytes that name this channel. */
  handshakeHash: Bytes;
  identity: Identity | null;
  registered: boolean;
}

export class SecureSession {
  readonly #link: SessionLink;
  readonly #services: Services;
  /** Requests whose answers were not written yet, and bytes that they hold in memory. */
  #underWay = 0;
  #underWaySize = 0;
  #onAnswered = () => {};
  /** Resolves when the answers to all requests so far have been handed to the channel. */
  #issued: Promise<void> = Promise.resolve();
  #failure: unknown = undefined;
  #pushing: Pushing | null = null;
  #waiting = false;
  #stopping = false;
  #ending = false;
  #onStop: () => void;

  constructor(link: SessionLink, services: Services) {
    this.#link = link;
    this.#services = services;
    this.#onStop = () => link.abort();
  }

  /** Serves the peer whose request 110 has this header, until either side ends the channel. */
  async serve(header: RequestHeader): Promise<void> {
    const { reader, source, writeSome } = this.#link;
    const peer: SecurePeer = { handshakeHash: NOTHING, identity: null, registered: false };
    const write = async (bytes: Uint8Array) => {
      const count = await writeSome(bytes);
      this.#extendFor(peer);
      return count;
    };
    const sink: ByteSink = { write: (bytes) => writeAll({ write }, bytes) };
    const message = await readHandshakeRequest(header, (size) => reader.read(size));
    const { reply, result } = acceptHandshake(message, this.#services.serverKey);
    await sink.write(reply);
    peer.handshakeHash = result.hash;
    const channel = openChannel(result, source, sink, reader.takeRest());
    this.#onStop = () => {};
    const writer = new FrameWriter(channel);
    try {
      const frames = new FrameReader(channel);
      while (await this.#serveRequest(frames, writer, peer));
      await this.#finish(channel, frames);
    } catch (error) {
      throw this.#failure ?? error;
    } finally {
      this.#ending = true;
      this.#pushing?.stop();
      channel.abort(new ProtocolError("truncated", "the connection has ended")); // forgets the keys
    }
  }

  /** Answers what is under way and takes no more. */
  stop(): void {
    this.#stopping = true;
    this.#onStop();
  }

  /** Gives false when there will be no further request. */
  async #serveRequest(
    frames: FrameReader,
    writer: FrameWriter,
    peer: SecurePeer,
  ): Promise<boolean> {
    const { limits } = this.#services;
    if (!await this.#nextRequest(frames, peer)) return false;
    if (peer.identity) this.#link.extend(limits.headerDeadline);
    const header = decodeRequestHeader(await frames.read(REQUEST_HEADER_SIZE));
    const payload = new Payload(frames, header.size, () => this.#extendFor(peer));
    const overlaps = mayOverlap(header, limits);
    const aboutChunk = isAboutChunk(header.code);
    const weight = aboutChunk ? FILE_CHUNK_SIZE : header.size;
    if (overlaps) {
      const most = aboutChunk ? MAX_CHUNKS_SIZE : MAX_UNDER_WAY_SIZE;
      await this.#untilUnderWay(MAX_UNDER_WAY - 1, Math.max(0, most - weight));
    } else await this.#untilUnderWay(0);
    const consumed = Promise.withResolvers<void>();
    this.#answer(this.#handle(header, payload, peer, consumed.resolve), weight, writer, peer);
    await consumed.promise;
    if (!overlaps) await this.#untilUnderWay(0);
    // Nobody knows how long the frames of another version are.
    const inStep = header.version === SECURE_VERSION && payload.left <= limits.maxDiscardSize;
    if (!inStep || !peer.identity) return false;
    await payload.discard();
    return true;
  }

  /** Waits for the next request; gives false where there is none, or none is to be taken. */
  async #nextRequest(frames: FrameReader, peer: SecurePeer): Promise<boolean> {
    if (this.#stopping) return false;
    this.#waiting = true;
    this.#extendFor(peer);
    try {
      return await new Promise((resolve, reject) => {
        this.#onStop = () => resolve(false);
        frames.more().then(resolve, reject);
      });
    } finally {
      this.#waiting = false;
      this.#onStop = () => {};
    }
  }

  /**
   * Moves the deadline after a sign of life. Until the login there is none: everything happens
   * within the deadline of the connection's first request.
   */
  #extendFor({ identity }: SecurePeer): void {
    const { idleDeadline, sessionIdleDeadline } = this.#services.limits;
    if (identity) this.#link.extend(this.#waiting ? sessionIdleDeadline : idleDeadline);
  }

  /** Waits until no more than `count` requests of `size` bytes in all are under way. */
  async #untilUnderWay(count: number, size = Infinity): Promise<void> {
    while (this.#underWay > count || this.#underWaySize > size) {
      await new Promise<void>((resolve) => this.#onAnswered = resolve);
    }
  }

  /** Writes what is under way, ends this side's direction, and lets the peer read all of it. */
  async #finish(channel: Channel, frames: FrameReader): Promise<void> {
    const { headerDeadline, maxDiscardSize } = this.#services.limits;
    this.#ending = true;
    this.#pushing?.stop();
    this.#link.extend(headerDeadline);
    await this.#pushing?.done;
    await this.#untilUnderWay(0);
    await channel.end();
    await this.#link.closeWrite();
    // Closing with bytes unread would reset the connection, and the last answers be lost with it.
    this.#link.extend(this.#stopping ? STOP_LINGER : headerDeadline);
    const sink = new Uint8Array(LINGER_STEP);
    for (let left = maxDiscardSize; left > 0 && await frames.more();) {
      left -= await frames.readSome(sink);
    }
  }

  /** The answer to one request; `consumed` is called when its payload is needed no more. */
  async #handle(
    header: RequestHeader,
    payload: Payload,
    peer: SecurePeer,
    consumed: () => void,
  ): Promise<SecureReply> {
    try {
      return await dispatchSecure(header, payload, peer, this.#services, consumed);
    } catch (error) {
      return refusalOf(error, header.code, this.#services.log);
    } finally {
      consumed();
    }
  }

  /** Sends `reply` after the answers before it. Never rejects: a failure ends the connection. */
  #answer(
    reply: Promise<SecureReply>,
    weight: number,
    writer: FrameWriter,
    peer: SecurePeer,
  ): void {
    const before = this.#issued;
    const issued = Promise.withResolvers<void>();
    this.#issued = issued.promise;
    this.#underWay++;
    this.#underWaySize += weight;
    const send = async () => {
      const response = await reply;
      await before;
      const written = this.#send(response, writer);
      issued.resolve();
      await written;
      if (response.kind === "subscribed") this.#startPushing(writer, peer);
    };
    send().catch((error) => this.#fail(error)).finally(() => {
      issued.resolve();
      this.#underWay--;
      this.#underWaySize -= weight;
      this.#onAnswered();
    });
  }

  async #send(reply: SecureReply, writer: FrameWriter): Promise<void> {
    const header = (code: number, size: number) =>
      encodeResponseHeader({ version: SECURE_VERSION, code, size });
    switch (reply.kind) {
      case "waiting": {
        const first = header(messages.code, reply.size);
        return await writer.exclusive((sink) => writeDelivery(first, reply, sink, this.#services));
      }
      case "listing": {
        const first = header(secureClients.code, reply.size);
        return await writer.exclusive((sink) => writeListing(first, reply, sink));
      }
      case "chunk-frame":
        await writer.write(reply.frame);
        return reply.done();
      default:
        return await writer.write(encodeSecureResponse(reply));
    }
  }

  #startPushing(writer: FrameWriter, { identity }: SecurePeer): void {
    if (!identity || this.#pushing || this.#ending) return;
    this.#pushing = new Pushing(identity.clientId, writer, this.#services);
    this.#pushing.done.catch((error) => this.#fail(error));
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#link.abort();
  }
}

/** Opens a secure channel: connecting, the handshake, the check of the server's key, the login. */
import type { Bytes } from "../../shared/bytes.ts";
import { Channel } from "../../shared/channel/channel.ts";
import { ChannelOpening } from "../../shared/channel/opening.ts";
import { type IdentitySecrets, signLogin } from "../../shared/crypto/identity.ts";
import { CryptoError, ProtocolError } from "../../shared/errors.ts";
import { type ByteSink, type ByteSource, writeAll } from "../../shared/io.ts";
import { FrameReader } from "../../shared/protocol/frame_stream.ts";
import { decodeResponseHeader, RESPONSE_HEADER_SIZE } from "../../shared/protocol/frame.ts";
import type { Address } from "./address.ts";
import { connect } from "./connect.ts";
import { explainFailure, noAnswer } from "./failures.ts";
import { type Patience, SilenceWatch, unlessSilent, type Watcher } from "./silence.ts";

/** Who logs in. */
export interface Credentials {
  /** 160 bytes. */
  publicKey: Bytes;
  secrets: IdentitySecrets;
}

/** A channel to a server that has proved its key, and the connection below it. */
export interface OpenedChannel {
  conn: WatchedConn;
  channel: Channel;
  /** The request that must come first. */
  login: { kind: "login"; publicKey: Bytes; signature: Bytes };
}

/**
 * Connects and has the server prove its key. `checkServer` sees that key before the client says
 * anything about itself, and throws if it is the wrong one. Neither step may take longer than
 * `patience` has it.
 * @throws {ClientError} `unreachable`, `bad-response`, and what `checkServer` throws
 */
export async function openSecureChannel(
  address: Address,
  { publicKey, secrets }: Credentials,
  checkServer: (key: Bytes) => void,
  patience: Patience,
): Promise<OpenedChannel> {
  const conn = new WatchedConn(await connect(address, patience), address, patience);
  try {
    const channel = await conn.closeUnless(shakeHands(conn, checkServer));
    const signature = await signLogin(secrets, channel.handshakeHash);
    return { conn, channel, login: { kind: "login", publicKey, signature } };
  } catch (error) {
    conn.close();
    throw explainFailure(error, address);
  }
}

/**
 * Returns the key that the server at `address` proves to have, 32 bytes. It learns nothing of who
 * asks.
 * @throws {ClientError} `unreachable`, `bad-response`
 */
export async function serverKey(address: Address, patience: Patience = {}): Promise<Bytes> {
  const conn = new WatchedConn(await connect(address, patience), address, patience);
  try {
    let key = new Uint8Array(0);
    await conn.closeUnless(shakeHands(conn, (shown) => key = shown));
    return key;
  } catch (error) {
    throw explainFailure(error, address);
  } finally {
    conn.close();
  }
}

async function shakeHands(
  conn: WatchedConn,
  checkServer: (key: Bytes) => void,
): Promise<Channel> {
  const opening = new ChannelOpening();
  await conn.write(opening.request);
  const reader = new FrameReader(conn);
  const header = decodeResponseHeader(await reader.read(RESPONSE_HEADER_SIZE));
  const result = finish(opening, await reader.read(opening.payloadSize(header)));
  checkServer(result.remoteStatic);
  return new Channel(result, conn, conn, reader.takeRest());
}

function finish(opening: ChannelOpening, message: Bytes) {
  try {
    return opening.finish(message);
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    const message =
      "its handshake is wrong. It may be of another version: server and clients are " +
      "updated together";
    throw new ProtocolError("malformed", message, { cause: error });
  }
}

/** A TCP connection on which silence is noticed. */
export class WatchedConn implements ByteSource, ByteSink {
  #watch: SilenceWatch | null = null;

  constructor(
    private readonly conn: Deno.TcpConn,
    private readonly address: Address,
    private readonly patience: Patience,
  ) {}

  /** Has `watcher` hear when no byte moves, either way, until the connection is closed. */
  watch(watcher: Watcher): void {
    this.#watch = new SilenceWatch(this.patience, watcher);
  }

  async read(into: Uint8Array): Promise<number | null> {
    const count = await this.conn.read(into);
    this.#watch?.moved();
    return count;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await writeAll({ write: (part) => this.#writeSome(part) }, bytes);
  }

  async #writeSome(bytes: Uint8Array): Promise<number> {
    const count = await this.conn.write(bytes);
    this.#watch?.moved();
    return count;
  }

  /**
   * Waits for `step`; closes the connection if that takes too long.
   * @throws {ClientError} `unreachable` then
   */
  async closeUnless<T>(step: Promise<T>): Promise<T> {
    return await unlessSilent(this.patience, step, () => {
      this.close();
      return noAnswer(this.address);
    });
  }

  close(): void {
    this.#watch?.[Symbol.dispose]();
    try {
      this.conn.close();
    } catch {
      // Closed already.
    }
  }
}

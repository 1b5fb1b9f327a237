/**
 * Strangers who do what no client does to a server. Each makes a mess for a moment and goes; what
 * the server does about it is its own affair, as long as others notice nothing.
 */
import { type Bytes, concat } from "../../../shared/bytes.ts";
import { ChannelOpening } from "../../../shared/channel/opening.ts";
import { writeAll } from "../../../shared/io.ts";
import { KiB, MAX_ACKNOWLEDGED, MAX_U32 } from "../../../shared/limits.ts";
import { encodeRequestHeader } from "../../../shared/protocol/frame.ts";
import { encodeSecureRequest, secureHeader } from "../../../shared/protocol/secure/requests.ts";
import { sleep } from "../../../shared/sleep.ts";
import type { Chance } from "../fault/chance.ts";
import { keyOf, requestBytes, ZERO_ID } from "../server/peer.ts";
import { newToken, SecurePeer, Someone, textTo } from "../server/secure_peer.ts";
import { allRequests, requestOf } from "../server/secure_requests.ts";
import { cutUp, mutated, noise } from "./mutations.ts";

export interface Scene {
  readonly port: number;
  /** Whose mailboxes are worth filling. */
  readonly victims: readonly Bytes[];
  readonly chance: Chance;
}

/** Makes its mess. Rejects when the server ends the connection, which it may. */
export type Vandal = (scene: Scene) => Promise<void>;

/** How long a vandal who reads nothing holds on, in milliseconds. */
const HOLD = 1_000;

export const VANDALS: Readonly<Record<string, Vandal>> = {
  "sends noise": async ({ port, chance }) => {
    using conn = await connect(port);
    await writeAll(conn, noise(chance, 1 + chance.whole(64 * KiB)));
  },

  "is silent": async ({ port }) => {
    using _conn = await connect(port);
    await sleep(HOLD);
  },

  "comes with many connections and leaves": async ({ port }) => {
    using stack = new DisposableStack();
    for (let i = 0; i < 200; i++) stack.use(await connect(port));
  },

  "stops in the middle of a handshake": async ({ port, chance }) => {
    using conn = await connect(port);
    const { request } = new ChannelOpening();
    await writeAll(conn, request.subarray(0, 1 + chance.whole(request.length - 1)));
    await sleep(HOLD);
  },

  "claims sizes": async ({ port, chance }) => {
    using conn = await connect(port);
    const version = chance.pick([1, 2, 3, 9]);
    const size = chance.pick([MAX_U32, 2 ** 30, 255, 415, 416]);
    const code = chance.pick([100, 101, 102, 103, 104, 110, 112, 121, 255]);
    await writeAll(conn, encodeRequestHeader({ clientId: ZERO_ID, version, code, size }));
    await writeAll(conn, noise(chance, 10 * KiB));
  },

  "registers classic names": async ({ port, chance }) => {
    using conn = await connect(port);
    const requests = Array.from({ length: 20 }, () => {
      const name = `vandal ${chance.whole(1e9)}`;
      return requestBytes(ZERO_ID, { kind: "register", name, publicKey: keyOf(name) });
    });
    await writeAll(conn, concat(...requests));
    await sleep(HOLD / 10);
  },

  "breaks records": async ({ port, chance }) => {
    using peer = await stranger(port);
    const record = noise(chance, 2 + 16 + chance.whole(256));
    record.set([(record.length - 2) >> 8, (record.length - 2) & 0xff]);
    await writeAll(peer.conn, record);
    await peer.next();
  },

  "logs in as nobody": async ({ port }) => {
    using peer = await SecurePeer.open(port);
    const other = await SecurePeer.open(port);
    try {
      // The signature is for another channel.
      await peer.send(await other.loginOf(await Someone.called("nobody")));
      await peer.expect("error");
    } finally {
      other[Symbol.dispose]();
    }
  },

  "changes bytes of requests": async ({ port, chance }) => {
    using peer = await stranger(port);
    for (let i = 0; i < 40; i++) {
      const bytes = requestOf(100 + chance.whole(30)).slice();
      // Not the version and the size: the next frame begins where this one ends.
      const free = Array.from(bytes.keys()).filter((at) => at < 16 || at === 17 || at >= 22);
      bytes[chance.pick(free)] ^= 1 + chance.whole(255);
      await peer.send(bytes);
      await peer.next();
    }
  },

  "sends mutated classic requests": async ({ port, chance }) => {
    using conn = await connect(port);
    const drained = drain(conn).catch(() => {});
    for (const piece of cutUp(mutated(classicRequests(chance), chance), chance)) {
      await writeAll(conn, piece);
    }
    await conn.closeWrite();
    await Promise.race([drained, sleep(HOLD)]);
  },

  "sends mutated handshakes": async ({ port, chance }) => {
    using conn = await connect(port);
    const drained = drain(conn).catch(() => {});
    const frames = [new ChannelOpening().request, noise(chance, 40), ...classicRequests(chance)];
    for (const piece of cutUp(mutated(frames, chance), chance)) await writeAll(conn, piece);
    await conn.closeWrite();
    await Promise.race([drained, sleep(HOLD)]);
  },

  "sends mutated secure requests": async ({ port, chance }) => {
    using peer = await stranger(port);
    const answers = (async () => {
      for (;;) await peer.next();
    })().catch(() => {});
    const frames = allRequests(peer.who).map((request) => encodeSecureRequest(request));
    for (const piece of cutUp(mutated(frames, chance), chance)) await peer.channel.write(piece);
    await Promise.race([answers, sleep(HOLD / 10)]);
  },

  "acknowledges without end": async ({ port, chance }) => {
    using peer = await stranger(port);
    const messageIds = Array.from({ length: MAX_ACKNOWLEDGED }, () => chance.whole(MAX_U32));
    const frame = encodeSecureRequest({ kind: "acknowledge", messageIds });
    for (let i = 0; i < 200; i++) await peer.send(frame);
    for (let i = 0; i < 200; i++) await peer.next();
  },

  "fills mailboxes": async ({ port, chance, victims }) => {
    using peer = await stranger(port);
    const to = chance.pick(victims);
    await peer.send(...Array.from({ length: 500 }, () => textTo(to, "x")));
    for (let i = 0; i < 500; i++) await peer.next();
  },

  "fills its own mailbox and does not read": async ({ port }) => {
    using peer = await stranger(port);
    for (let i = 0; i < 32; i++) await peer.sendText(peer.who.id, "x".repeat(60 * KiB));
    const poll = encodeSecureRequest({ kind: "get-messages", after: 0 });
    await peer.send(encodeSecureRequest({ kind: "subscribe" }), ...Array(50).fill(poll));
    await sleep(HOLD);
  },

  "opens uploads and sends nothing": async ({ port }) => {
    using peer = await stranger(port);
    for (let i = 0; i < 20; i++) {
      await peer.send({ kind: "open-upload", blob: newToken(), size: 2 ** 40 + 16 * 2 ** 20 });
      await peer.next();
    }
  },

  "is cut off in the middle of a request": async ({ port, chance }) => {
    using peer = await stranger(port);
    await peer.send(secureHeader(103, 4 * KiB * KiB), noise(chance, 50 * KiB));
  },
};

/** A client that nobody knows, logged in and registered. */
async function stranger(port: number): Promise<SecurePeer> {
  const peer = await SecurePeer.open(port);
  try {
    const who = await Someone.called(`vandal ${crypto.randomUUID()}`);
    await peer.login(who);
    await peer.register(who);
    return peer;
  } catch (error) {
    peer[Symbol.dispose]();
    throw error;
  }
}

async function connect(port: number): Promise<Deno.TcpConn> {
  return await Deno.connect({ hostname: "127.0.0.1", port });
}

/** One request of each kind that the classic protocol has. */
function classicRequests(chance: Chance): Bytes[] {
  const name = `fuzz ${chance.whole(1e9)}`;
  const id = noise(chance, 16);
  return ([
    { kind: "register", name, publicKey: keyOf(name) },
    { kind: "client-list" },
    { kind: "public-key", target: id },
    { kind: "send", to: id, type: 3, content: noise(chance, chance.pick([0, 10, 70_000])) },
    { kind: "get-messages" },
  ] as const).map((body) => requestBytes(id, body));
}

/** Reads and forgets all that comes, until the connection ends. */
async function drain(conn: Deno.TcpConn): Promise<void> {
  const step = new Uint8Array(64 * KiB);
  while (await conn.read(step) !== null);
}

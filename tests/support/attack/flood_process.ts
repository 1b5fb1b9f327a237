/**
 * A flood of connections from several addresses of this machine.
 *
 * Usage: deno run --allow-net=127.0.0.0/24 tests/support/attack/flood_process.ts HOW PORT COUNT \
 *          ADDRESS...
 *
 * From each address it holds COUNT connections to the server at PORT, and when one ends it makes
 * another. Each attempt is a line on standard output.
 */
import { sleep } from "../../../shared/sleep.ts";
import { Peer, ZERO_ID } from "../server/peer.ts";
import { SecurePeer, Someone } from "../server/secure_peer.ts";
import { ConnectionFrom } from "./connect_from.ts";

/** What is done on a connection until it ends. `name` is that of who has it and 15 more. */
type How = (conn: ConnectionFrom, name: string) => Promise<unknown>;

/** Connections of one identity. */
const IDENTITY = 16;

/** The pause before a connection that has ended is made again, in milliseconds. */
const PAUSE = 5;

const someones = new Map<string, Promise<Someone>>();

const HOWS: Readonly<Record<string, How>> = {
  "silent": (conn) => conn.read(new Uint8Array(1)),

  "classic": async (conn) => {
    const peer = new Peer(conn);
    for (;;) {
      await peer.request(ZERO_ID, { kind: "client-list" });
      await sleep(20 * PAUSE);
    }
  },

  "logged-in": async (conn, name) => {
    using peer = await SecurePeer.over(conn);
    if (!someones.has(name)) someones.set(name, Someone.called(name));
    const who = await someones.get(name)!;
    const { registered } = await peer.login(who);
    if (!registered) await peer.register(who);
    await peer.next();
  },
};

const [how, port, count, ...addresses] = Deno.args;
for (const address of addresses) {
  for (let i = 0; i < Number(count); i++) {
    hold(address, `flood ${address} ${Math.floor(i / IDENTITY)}`);
  }
}

async function hold(address: string, name: string): Promise<never> {
  for (;;) {
    console.log(address);
    try {
      using conn = await ConnectionFrom.open(address, Number(port));
      await HOWS[how](conn, name);
    } catch {
      // Refused, or ended.
    }
    await sleep(PAUSE);
  }
}

/** The server killed outright: no one-time prekey is given out twice, no published one is lost. */
import { PrekeyKind } from "../../shared/protocol/prekey.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { firstPrekeys } from "../support/prekeys.ts";
import { SecurePeer, Someone } from "../support/server/secure_peer.ts";
import { startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";

const ROUNDS = 5;
const ASKERS = 12;

async function enter(port: number, who: Someone): Promise<SecurePeer> {
  const peer = await SecurePeer.open(port);
  const { registered } = await peer.login(who);
  if (!registered) await peer.register(who);
  return peer;
}

Deno.test("killed while prekeys are drawn: each one-time prekey is given out once", async () => {
  await using temp = await tempFolder();
  const data = temp.path;
  const alice = await Someone.called("alice");
  const drawn: [PrekeyKind, number][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await using server = await startServer({ data });
    using owner = await enter(server.port, alice);
    if (round === 0) await owner.publish(firstPrekeys(120));
    const enough = Promise.withResolvers<void>();
    let count = 0;
    const peers = await Promise.all(Array.from({ length: ASKERS }, async (_, i) => {
      return await enter(server.port, await Someone.called(`asker ${round} ${i}`));
    }));
    const askers = peers.map(async (asker) => {
      using peer = asker;
      try {
        for (;;) {
          drawn.push(...await peer.draw(alice.id));
          if (++count === 2 + 3 * round) enough.resolve(); // at another place in each round
        }
      } catch {
        // The server is gone.
      }
    });
    await enough.promise;
    await server.kill("SIGKILL");
    await Promise.all(askers);
  }
  for (const kind of [PrekeyKind.oneTime, PrekeyKind.oneTimeKem]) {
    const ids = drawn.filter((prekey) => prekey[0] === kind).map(([, id]) => id);
    assert(ids.length >= ROUNDS, `${ids.length} were drawn`);
    assertEquals(new Set(ids).size, ids.length);
  }
});

Deno.test("killed right after prekeys were published or a check-in: they are stored", async () => {
  await using temp = await tempFolder();
  const data = temp.path;
  const alice = await Someone.called("alice");
  const mark = new Uint8Array(16).fill(7);
  {
    await using server = await startServer({ data });
    using peer = await enter(server.port, alice);
    await peer.request({ kind: "check-in", mark }, "checked-in");
    await peer.publish(firstPrekeys(2));
    await server.kill("SIGKILL");
  }
  await using server = await startServer({ data });
  using peer = await enter(server.port, alice);
  const { kind: _, ...known } = await peer.request({ kind: "check-in", mark }, "checked-in");
  assertEquals(known, { mark, prekeyId: 6, oneTimeLeft: 2, oneTimeKemLeft: 2 });
});

/** Frames that are almost right, by the hundreds, on both protocols and before them. */
import { MiB } from "../../shared/limits.ts";
import { VANDALS } from "../support/attack/vandals.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { chance } from "../support/fault/chance.ts";
import { PROCESS_FACTS, residentMemory } from "../support/process_facts.ts";
import { expectKind, Peer } from "../support/server/peer.ts";
import { SecurePeer, Someone } from "../support/server/secure_peer.ts";
import { startServer } from "../support/server_process.ts";

const FUZZERS = [
  "sends mutated classic requests",
  "sends mutated handshakes",
  "sends mutated secure requests",
  "sends noise",
  "breaks records",
];
const ROUNDS = 12;
const AT_ONCE = 8;
/** What the server may grow by: a warm heap, and buffers for what was claimed and came. */
const GROWTH = 300 * MiB;

Deno.test("fuzz: a server that gets mutated frames lives, serves, and stays small", async () => {
  const random = chance();
  console.log(`FC_SEED=${random.seed}`);
  await using server = await startServer({ args: ["--exempt", "127.0.0.1"] });
  const { port, pid } = server;
  const alice = await Someone.called("alice");
  using secure = await SecurePeer.open(port);
  await secure.login(alice);
  await secure.register(alice);
  using classic = await Peer.connect(port);
  const bob = await classic.register("bob");
  const memory = PROCESS_FACTS ? await residentMemory(pid) : 0;
  for (let round = 0; round < ROUNDS; round++) {
    await Promise.all(Array.from({ length: AT_ONCE }, async (_, at) => {
      const vandal = VANDALS[FUZZERS[(round + at) % FUZZERS.length]];
      await vandal({ port, victims: [], chance: random }).catch(() => {}); // it was ended
    }));
    await secure.sendText(alice.id, `round ${round}`);
    await classic.sendText(bob, bob, new Uint8Array(8));
    assertEquals((await secure.poll()).length, round + 1);
    expectKind(await classic.request(bob, { kind: "client-list" }), "client-list");
  }
  if (PROCESS_FACTS) {
    const grown = await residentMemory(pid) - memory;
    assert(grown < GROWTH, `the server grew by ${grown} bytes`);
  }
  const { code, stderr } = await server.stop();
  assertEquals(code, 0);
  assert(!/"level":"(ERROR|FATAL)"/i.test(stderr), stderr.slice(0, 2000));
});

/** The counts of what is stored are right after every commit, whatever a transaction holds. */
import { Database } from "@db/sqlite";
import { DEFAULT_LIMITS } from "../../../../server/limits/limits.ts";
import { Inspection } from "../../../../server/storage/sqlite/inspection.ts";
import { SqliteStorage } from "../../../../server/storage/sqlite/sqlite_storage.ts";
import type { StorageLimits } from "../../../../server/storage/storage_options.ts";
import { StorageError } from "../../../../shared/errors.ts";
import { MessageType } from "../../../../shared/protocol/codes.ts";
import { PrekeyKind } from "../../../../shared/protocol/prekey.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { type Chance, chance } from "../../../support/fault/chance.ts";
import { prekeyOf } from "../../../support/prekeys.ts";
import { tempFolder } from "../../../support/temp_folder.ts";
import { clientCalled, idOf } from "../../../contract/storage_contract.ts";

const DAY = 24 * 60 * 60 * 1000;
const ROUNDS = 60;
const NAMES = ["alice", "bob", "carol", "dave"];
const CLIENTS = NAMES.map((name) => clientCalled(name));

const LIMITS: StorageLimits = {
  ...DEFAULT_LIMITS,
  maxMessages: 60, // so that what senders hold of mailboxes is counted, too
  maxMailboxSize: 40_000,
  mailboxParts: 3,
  maxSenderSize: 20_000, // which are used up, as is the next one
  maxTotalSize: 45_000,
};

interface World {
  readonly storage: SqliteStorage;
  readonly random: Chance;
  now: number;
}

type Step = (world: World) => Promise<unknown>;

const STEPS: Record<string, Step> = {
  send: ({ storage, random }) => {
    const size = random.whole(300);
    // As on the server, what an address pays for has no token.
    const paid = random.whole(4) === 0;
    const token = new Uint8Array(16).fill(random.whole(100));
    return storage.deposit({
      from: random.pick(CLIENTS).id,
      to: random.pick(CLIENTS).id,
      type: MessageType.text,
      content: random.whole(3) > 0
        ? { inline: new Uint8Array(size) }
        : { blob: `blob ${random.whole(1_000_000)}`, size },
      token: !paid && random.whole(3) > 0 ? token : undefined,
      payer: paid ? idOf("an address") : undefined,
    });
  },
  acknowledge: ({ storage, random }) => {
    const ids = Array.from({ length: random.whole(30) }, () => random.whole(200));
    return storage.acknowledge(random.pick(CLIENTS).id, ids);
  },
  lease: async ({ storage, random }) => {
    const room = { count: random.whole(10), size: 10_000 };
    await storage.leases.remove(await storage.leases.take(random.pick(CLIENTS).id, room));
  },
  upload: async ({ storage, random }) => {
    const id = idOf(`file ${random.whole(10)}`);
    await storage.files.open(id, random.pick(CLIENTS).id, 100);
    await storage.files.charge(id, 100);
    await storage.files.share(id, [random.pick(CLIENTS).id]);
  },
  release: ({ storage, random }) =>
    storage.files.release(idOf(`file ${random.whole(10)}`), random.pick(CLIENTS).id),
  publish: async ({ storage, random }) => {
    const first = 1 + random.whole(1000);
    const prekeys = [PrekeyKind.signed, PrekeyKind.lastResort, PrekeyKind.oneTime]
      .map((kind, i) => prekeyOf(kind, first + i));
    const { id } = random.pick(CLIENTS);
    await storage.prekeys.publish(id, prekeys, { replace: random.whole(4) === 0 });
    await storage.prekeys.draw(id, { oneTime: true });
  },
  expire: async (world) => {
    world.now += DAY;
    await world.storage.expireMessages();
    await world.storage.files.expire();
    await world.storage.forgetTokens();
  },
  leave: async ({ storage, random }) => {
    const client = random.pick(CLIENTS);
    if (random.whole(4) === 0) await storage.unregister(client.id);
    await storage.removeRemains();
    await storage.register(client);
  },
  fail: ({ storage, random }) => {
    const [from, to] = [random.pick(CLIENTS).id, random.pick(CLIENTS).id];
    const content = { inline: new Uint8Array(5) };
    return storage.deposit({ from, to, type: "none" as unknown as MessageType, content });
  },
};

function miscounts(path: string): string[] {
  using inspection = new Inspection(path);
  return [...inspection.miscounts()];
}

/** Returns what counts for the client with the most, and for all together, in bytes. */
function mostCounted(path: string): number[] {
  const database = new Database(path);
  const most = database.prepare("SELECT (SELECT max(bytes) FROM usage), bytes FROM totals").value();
  database.close();
  return most!.map(Number);
}

Deno.test("tally: random changes are counted right, and stay within the quotas", async () => {
  await using temp = await tempFolder();
  const path = `${temp.path}/server.db`;
  const random = chance();
  const world = { random, now: 1, storage: null! as SqliteStorage };
  const open = () =>
    new SqliteStorage(path, { limits: LIMITS, now: () => world.now, clock: () => 0 });
  world.storage = open();
  let [done, refused] = [0, 0];
  try {
    for (const client of CLIENTS) await world.storage.register(client);
    for (let round = 0; round < ROUNDS; round++) {
      // One transaction has the first operation of each, and the failures undo it.
      const steps = Array.from({ length: 1 + random.whole(60) }, () => {
        const often = random.pick(["send", "send", "acknowledge"]);
        return STEPS[random.whole(2) === 0 ? often : random.pick(Object.keys(STEPS))];
      });
      await Promise.all(steps.map(async (step) => {
        try {
          await step(world);
          done++;
        } catch (error) {
          if (!(error instanceof StorageError)) throw error;
          refused++;
        }
      }));
      assertEquals(miscounts(path), [], `seed ${random.seed}, round ${round}`);
      const [own, all] = mostCounted(path);
      const within = own <= LIMITS.maxSenderSize && all <= LIMITS.maxTotalSize;
      assert(within, `seed ${random.seed}, round ${round}: ${own} bytes, ${all} in all`);
      if (random.whole(10) > 0) continue;
      await world.storage.close();
      world.storage = open();
    }
  } finally {
    await world.storage.close();
  }
  assert(done > ROUNDS && refused > ROUNDS, `${done} done, ${refused} refused`);
});

Deno.test("tally: what is undone does not count for what comes next", async () => {
  await using temp = await tempFolder();
  const path = `${temp.path}/server.db`;
  const storage = new SqliteStorage(path, { limits: LIMITS, now: () => 1, clock: () => 0 });
  const other = new Database(path);
  try {
    for (const client of CLIENTS) await storage.register(client);
    const [{ id: from }, { id: to }] = CLIENTS;
    const send = (type: MessageType = MessageType.text) =>
      storage.deposit({ from, to, type, content: { inline: new Uint8Array(10_000) } });
    other.exec("BEGIN IMMEDIATE");
    const failed = await Promise.allSettled([send(), send()]);
    other.exec("ROLLBACK");
    assertEquals(failed.map(({ status }) => status), ["rejected", "rejected"]);
    const mixed = [send(), send("none" as unknown as MessageType)];
    const answers = await Promise.allSettled(mixed);
    assertEquals(answers.map(({ status }) => status), ["fulfilled", "rejected"]);
    assertEquals((await storage.stats()).messages, 1);
    assertEquals(miscounts(path), []);
    // What is still coming in is checked against the same counts.
    const incoming = await storage.receive({ from, to, size: 1_000 });
    await incoming.add(1_000);
    incoming.end();
  } finally {
    other.close();
    await storage.close();
  }
});

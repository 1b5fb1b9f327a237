/** What keeps each table from growing without end: a new table has to say it here. */
import { Database } from "@db/sqlite";
import { SqliteStorage } from "../../../../server/storage/sqlite/sqlite_storage.ts";
import type { StorageLimits } from "../../../../server/storage/storage_options.ts";
import { DEFAULT_LIMITS } from "../../../../server/limits/limits.ts";
import { type Bytes, utf8 } from "../../../../shared/bytes.ts";
import { StorageError } from "../../../../shared/errors.ts";
import { MessageType } from "../../../../shared/protocol/codes.ts";
import { PrekeyKind } from "../../../../shared/protocol/prekey.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { prekeysOf } from "../../../support/prekeys.ts";
import { tempFolder } from "../../../support/temp_folder.ts";
import { clientCalled, idOf } from "../../../contract/storage_contract.ts";

const HOUR = 60 * 60 * 1000;
const CHARGED_BYTES = 64 * 1024;
/** Rows for which so many bytes are charged, at most: each counts for 128 bytes or more. */
const CHARGED = CHARGED_BYTES / 128;

const LIMITS: StorageLimits = {
  ...DEFAULT_LIMITS,
  maxClients: 40,
  maxMessages: 10_000,
  mailboxParts: 1,
  maxOneTimePrekeys: 5,
  maxSenderSize: CHARGED_BYTES / 2,
  maxTotalSize: CHARGED_BYTES,
};

/** A storage, and what a stranger does to it in step `i`. */
type Grow = (storage: SqliteStorage, i: number) => Promise<unknown>;

interface Bound {
  /** What keeps it. */
  readonly by: string;
  /** Rows that there are at most, whatever strangers do. */
  readonly most: number;
  readonly grow: Grow;
}

const receiver = clientCalled("receiver").id;

const send = (from: string, token?: Bytes): Grow => (storage) => {
  const content = { inline: new Uint8Array(0) };
  return storage.deposit({
    from: idOf(from),
    to: receiver,
    type: MessageType.text,
    content,
    token,
  });
};

/** Sends messages that are fetched at once, from ever new senders. */
const sendAndFetch: Grow = async (storage, i) => {
  const token = new Uint8Array(16);
  token.set(utf8(`${i}`));
  await send(`sender ${i % 50}`, token)(storage, i);
  await storage.acknowledge(receiver, [i + 1]);
};

/** Uploads a file of a byte, and shares it with all. */
const shareFile: Grow = async (storage, i) => {
  const [id, owner] = [idOf(`file ${i}`), idOf(`sender ${i % 7}`)];
  await storage.files.open(id, owner, 1);
  for (let k = 0; k < 10; k++) {
    const to = clientCalled(`client ${k}`);
    await storage.register(to).catch(() => {});
    await storage.files.share(id, [to.id]);
  }
};

const register: Grow = (storage, i) => storage.register(clientCalled(`client ${i}`));

/** Registers a client that leaves again. */
const comeAndGo: Grow = async (storage, i) => {
  const { id } = clientCalled(`client ${i}`);
  await register(storage, i);
  await storage.unregister(id);
  while (await storage.removeRemains());
};

const publish: Grow = async (storage, i) => {
  const { id } = clientCalled(`client ${i % 100}`);
  await register(storage, i % 100).catch(() => {});
  for (const kind of [PrekeyKind.signed, PrekeyKind.oneTime, PrekeyKind.lastResort]) {
    await storage.prekeys.publish(id, prekeysOf(kind, 3 * i + 1 + kind, 1), { replace: false });
  }
};

/** Makes an invite that has expired when the next one is made. */
const invite: Grow = async (storage, i) => {
  now += 2 * HOUR;
  await storage.invites.create(idOf(`${i}`), { uses: 1, expiresAt: now + HOUR });
};

const BOUNDS: Record<string, Bound> = {
  clients: { by: "maxClients", most: LIMITS.maxClients, grow: register },
  departures: { by: "one row", most: 1, grow: comeAndGo },
  file_receivers: { by: "bytes of their file's owner", most: CHARGED, grow: shareFile },
  files: { by: "bytes of their owner", most: CHARGED, grow: shareFile },
  invites: { by: "the operator, who makes them, and their age", most: 100, grow: invite },
  messages: {
    by: "bytes of their sender",
    most: CHARGED,
    grow: (storage, i) => send(`sender ${i % 7}`)(storage, i),
  },
  prekeys: {
    by: "bytes of their owner, and their number",
    most: Math.min(CHARGED, LIMITS.maxClients * (2 * LIMITS.maxOneTimePrekeys + 2)),
    grow: publish,
  },
  shares: {
    by: "messages: each has one at least",
    most: CHARGED,
    grow: (storage, i) => send(`sender ${i}`)(storage, i),
  },
  sqlite_sequence: { by: "a row for each table that numbers its rows", most: 1, grow: invite },
  time_mark: {
    by: "one row",
    most: 1,
    grow: (storage, i) => storage.keepTimeMark({ running: i, wall: i }),
  },
  tokens: { by: "bytes of their sender", most: CHARGED, grow: sendAndFetch },
  totals: { by: "one row", most: 1, grow: sendAndFetch },
  usage: { by: "what is charged: each row has some", most: CHARGED, grow: sendAndFetch },
};

let now = 1;

Deno.test("bounded tables: each table of the schema says what bounds it", async () => {
  await using temp = await tempFolder();
  const path = `${temp.path}/server.db`;
  await new SqliteStorage(path, { limits: LIMITS, now: () => 1, clock: () => 0 }).close();
  const database = new Database(path);
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  database.close();
  assertEquals(Object.keys(BOUNDS), tables.map(({ name }) => `${name}`).toSorted());
});

for (const [table, { by, most, grow }] of Object.entries(BOUNDS)) {
  Deno.test(`bounded tables: ${table}, by ${by}`, async () => {
    await using temp = await tempFolder();
    const path = `${temp.path}/server.db`;
    now = 1;
    const storage = new SqliteStorage(path, { limits: LIMITS, now: () => now, clock: () => 0 });
    const count = () => {
      const database = new Database(path);
      const rows = Number(database.prepare(`SELECT count(*) FROM ${table}`).value()?.[0]);
      database.close();
      return rows;
    };
    try {
      await storage.register({ ...clientCalled("receiver"), id: receiver });
      const steps = Array.from({ length: 2 * most + 100 }, (_, i) => i);
      for (let from = 0; from < steps.length; from += 100) {
        await Promise.all(
          steps.slice(from, from + 100).map(async (i) => {
            await grow(storage, i).catch((error) => {
              if (!(error instanceof StorageError)) throw error;
            });
          }),
        );
        assert(count() <= most, `${count()} rows in step ${from}`);
      }
      assert(count() > 0, "the steps make rows");
    } finally {
      await storage.close();
    }
  });
}

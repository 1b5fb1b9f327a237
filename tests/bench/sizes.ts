/** What operations cost on a server with few and with many clients and waiting messages. */
import type { Bytes } from "../../shared/bytes.ts";
import { randomBytes as random } from "../../shared/crypto/random.ts";
import { CLIENT_ID_SIZE, PUBLIC_KEY_SIZE } from "../../shared/limits.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import { DEFAULT_LIMITS } from "../../server/limits/limits.ts";
import { openStorage } from "../../server/storage/open_storage.ts";
import type { Storage } from "../../server/storage/storage.ts";
import { startServer } from "../support/server_process.ts";
import type { Figure, Row, Suite } from "./measure.ts";
import { EXEMPT, MESSAGE_SIZE, ROUND } from "./workload.ts";

interface Size {
  name: string;
  clients: number;
  messages: number;
}

const SIZES: readonly Size[] = [
  { name: "small", clients: 1_000, messages: 10_000 },
  { name: "large", clients: 100_000, messages: 1_000_000 },
];
/** Messages in the mailbox that is polled. */
const POLLED = 100;
/** Operations that wait for a commit together. */
const BATCH = 4096;

const OPERATIONS = [
  { name: "start", title: "A start, until it listens" },
  { name: "send", title: "A message, sent and on the disk" },
  { name: "poll", title: `A poll of ${POLLED} messages` },
  { name: "push", title: "From send to pushed arrival" },
];

/** The order of its figures is that of {@link OPERATIONS}, for each size. */
export const sizes: Suite = {
  rows: SIZES.flatMap((size) => OPERATIONS.map((operation) => rowOf(operation, size))),
  async open({ folder, load }) {
    for (const size of SIZES) await fill(`${folder}/${size.name}`, size);
    return async () => {
      const figures: Figure[] = [];
      for (const { name } of SIZES) {
        const start = performance.now();
        await using server = await startServer({ data: `${folder}/${name}`, args: EXEMPT });
        const started = performance.now() - start;
        const { port } = server;
        const work = { port, milliseconds: 3 * ROUND };
        const sent = await load.run({ kind: "send", senders: 1, depth: 1, ...work });
        const polled = await load.run({ kind: "poll", count: POLLED, ...work });
        const pushed = await load.run({ kind: "latency", ...work });
        figures.push(
          { value: started },
          { value: 1000 / sent.values[0] },
          { value: 1000 / polled.values[0] },
          { value: pushed.values[0] },
        );
        await server.stop();
      }
      return figures;
    };
  },
};

function rowOf({ name, title }: typeof OPERATIONS[number], { name: size, ...counts }: Size): Row {
  const { clients, messages } = counts;
  const beside = `${clients.toLocaleString("en")} clients, ${
    messages.toLocaleString("en")
  } waiting`;
  const row = { name: `${name}-${size}`, title: `${title}: ${beside}`, unit: "ms" };
  if (size === SIZES[0].name) return row;
  return { ...row, limits: [`${name}-${SIZES[0].name}`], goal: { atMostOfLimit: 1.2 } };
}

/** Makes a server's folder with that many clients, in whose mailboxes messages wait. */
async function fill(folder: string, { clients, messages }: Size): Promise<void> {
  await Deno.mkdir(folder);
  await using server = await startServer({ data: folder }); // it makes its key
  await server.stop();
  const options = {
    limits: DEFAULT_LIMITS,
    now: () => Date.now(),
    clock: () => performance.now(),
  };
  const storage = await openStorage(`${folder}/server.db`, options);
  try {
    const ids = Array.from({ length: clients }, () => random(CLIENT_ID_SIZE));
    await inBatches(ids, (id, i) => {
      return storage.register({ id, name: `client ${i}`, publicKey: random(PUBLIC_KEY_SIZE) });
    });
    const numbers = Array.from({ length: messages }, (_, i) => i);
    await inBatches(numbers, (i) => deposit(storage, ids[(7 * i + 1) % clients], ids[i % clients]));
  } finally {
    await storage.close();
  }
}

async function deposit(storage: Storage, from: Bytes, to: Bytes): Promise<void> {
  const content = { inline: random(MESSAGE_SIZE) };
  await storage.deposit({ from, to, type: MessageType.text, content });
}

async function inBatches<T>(all: readonly T[], work: (one: T, i: number) => Promise<void>) {
  for (let at = 0; at < all.length; at += BATCH) {
    await Promise.all(all.slice(at, at + BATCH).map((one, i) => work(one, at + i)));
  }
}

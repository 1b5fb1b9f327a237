import { DEFAULT_LIMITS } from "../../../server/limits/limits.ts";
import { MemoryBudget } from "../../../server/limits/memory_budget.ts";
import { Rates } from "../../../server/limits/rates.ts";
import { Pushing } from "../../../server/secure/pushing.ts";
import type { Services } from "../../../server/services.ts";
import type { FullMessage } from "../../../server/storage/messages.ts";
import { FrameWriter } from "../../../server/wire/frame_writer.ts";
import { MiB } from "../../../shared/limits.ts";
import { RESPONSE_HEADER_SIZE } from "../../../shared/protocol/frame.ts";
import { MESSAGE_HEAD_SIZE } from "../../../shared/protocol/message.ts";
import { assertEquals } from "../../support/assert.ts";
import { sampleBytes, settled } from "../../support/pieces.ts";

const MAILBOX = sampleBytes(16, 1);
const SIZE = 100;
const FRAME_SIZE = RESPONSE_HEADER_SIZE + MESSAGE_HEAD_SIZE + SIZE;

/** Pushes from a mailbox whose messages have 100 bytes each. */
async function pushingFrom(stored: number, memory = 64 * MiB) {
  const messages: FullMessage[] = [];
  const pages: number[] = [];
  const writes: number[] = [];
  let notify: (message?: FullMessage) => void = () => {};
  let stuck = Promise.withResolvers<void>();
  stuck.resolve();
  const nothing = () => Promise.resolve(() => Promise.resolve());
  const clock = () => 0;
  const budget = new MemoryBudget(memory, clock);
  const services = {
    storage: {
      watch: (_: unknown, told: typeof notify) => {
        notify = told;
        return nothing();
      },
      page: (_: unknown, after: number, { count }: { count: number }) => {
        const page = messages.slice(after, after + count);
        pages.push(page.length);
        return Promise.resolve(page);
      },
      prekeys: { watch: nothing },
    },
    rates: new Rates(DEFAULT_LIMITS, clock),
    memory: budget,
  } as unknown as Services;
  const write = (bytes: Uint8Array) => {
    writes.push(bytes.length / FRAME_SIZE);
    return stuck.promise;
  };
  const put = (count: number, tell = true) => {
    for (let i = 0; i < count; i++) {
      const [messageId, inline] = [messages.length + 1, sampleBytes(SIZE)];
      const message: FullMessage = { from: MAILBOX, messageId, type: 3, size: SIZE, inline };
      messages.push(message);
      if (tell) notify(message);
    }
  };
  put(stored, false);
  const holder = (source: string) => ({ source, moved: 0, ended: null, end: () => {} });
  const pushing = new Pushing(MAILBOX, new FrameWriter({ write }), services, holder("here"));
  await settled();
  return {
    pages,
    writes,
    put,
    pool: budget.pages,
    other: holder("there"),
    notify: () => notify(),
    stick: () => stuck = Promise.withResolvers(),
    end: async () => {
      pushing.stop();
      await pushing.done;
    },
  };
}

Deno.test("pushing: what comes next is handed over, and goes in one write", async () => {
  const { pages, writes, put, end } = await pushingFrom(3);
  assertEquals([pages, writes], [[3, 0], [3]]);
  put(64);
  await settled();
  put(1);
  await settled();
  assertEquals([pages, writes], [[3, 0], [3, 64, 1]]);
  await end();
});

Deno.test("pushing: more than a step is not kept, but read", async () => {
  const { pages, writes, put, end } = await pushingFrom(0);
  put(300);
  await settled();
  assertEquals([pages, writes], [[0, 44, 0], [256, 44]]);
  put(1);
  await settled();
  assertEquals([pages.length, writes], [3, [256, 44, 1]]);
  await end();
});

Deno.test("pushing: nothing is kept for a subscriber that does not read", async () => {
  const { pages, writes, put, stick, end } = await pushingFrom(0);
  const stuck = stick();
  put(1);
  await settled();
  put(5);
  await settled();
  assertEquals([pages, writes], [[0], [1]]);
  stuck.resolve();
  await settled();
  assertEquals([pages, writes], [[0, 5, 0], [1, 5]]);
  await end();
});

Deno.test("pushing: nothing is kept by who waits for memory", async () => {
  const { pages, writes, put, pool, other, end } = await pushingFrom(0);
  const hold = await pool.take(other, Infinity);
  put(2);
  await settled();
  assertEquals([pages, writes, pool.waiting], [[0], [], 1]);
  hold.release();
  await settled();
  assertEquals([pages, writes, pool.used], [[0, 2, 0], [2], 0]);
  await end();
});

Deno.test("pushing: news without a message has the mailbox looked at", async () => {
  const { pages, writes, put, notify, end } = await pushingFrom(0);
  put(2, false);
  notify();
  await settled();
  assertEquals([pages, writes], [[0, 2, 0], [2]]);
  await end();
});

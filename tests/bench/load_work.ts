/** The work of the load generator that holds no connection from one job to the next. */
import { type Bytes, concat } from "../../shared/bytes.ts";
import { writeAll } from "../../shared/io.ts";
import { CLIENT_ID_SIZE, TOKEN_SIZE } from "../../shared/limits.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import { REQUEST_HEADER_SIZE, RESPONSE_HEADER_SIZE } from "../../shared/protocol/frame.ts";
import { encodeSecureRequest } from "../../shared/protocol/secure/requests.ts";
import { connect, readFull } from "./classic_load.ts";
import type { Job, JobResult } from "./job.ts";
import { perSecond, repeatedly } from "./measure.ts";
import type { SecureLink } from "./secure_link.ts";
import { MESSAGE_SIZE, randomBytes } from "./workload.ts";

export async function rate(
  load: { workers: number; milliseconds: number },
  once: (worker: number) => Promise<void>,
): Promise<JobResult> {
  const { value, busy = 0 } = await repeatedly(load, once);
  return { values: [value], busy };
}

/** Bytes of the answer to a message: where it went, and its number there. */
const ANSWER_SIZE = RESPONSE_HEADER_SIZE + CLIENT_ID_SIZE + 4;

/**
 * Sends to `to` in turns until `end`, or `most` messages, of which at most `depth` are unanswered.
 * Returns how many were acknowledged. Answers are counted by their size, which no other has; so
 * nothing else can be read from `link` afterwards.
 */
export async function pump(
  link: SecureLink,
  to: readonly Bytes[],
  { depth, end = Infinity, most = Infinity }: { depth: number; end?: number; most?: number },
): Promise<number> {
  const frames = Array.from({ length: depth }, (_, i) => sendFrame(to[i % to.length]));
  let sent = 0;
  let answered = 0;
  for (;;) {
    const room = performance.now() < end ? Math.min(depth - (sent - answered), most - sent) : 0;
    if (room > 0) {
      const batch = frames.slice(0, room);
      batch.forEach(renew);
      await link.write(batch.length === 1 ? batch[0] : concat(...batch));
      sent += room;
    } else if (sent === answered) {
      return answered;
    }
    const bytes = await link.skip();
    if (bytes % ANSWER_SIZE !== 0) throw new Error("the server has refused a message");
    answered += bytes / ANSWER_SIZE;
  }
}

export function sendFrame(to: Bytes): Bytes {
  const token = new Uint8Array(TOKEN_SIZE);
  const content = randomBytes(MESSAGE_SIZE);
  return encodeSecureRequest({ kind: "send", to, token, type: MessageType.text, content });
}

/** Puts a new token into the message, made as a client makes it: the time, then random bytes. */
export function renew(frame: Bytes): void {
  const at = REQUEST_HEADER_SIZE + CLIENT_ID_SIZE;
  crypto.getRandomValues(frame.subarray(at, at + TOKEN_SIZE));
  const view = new DataView(frame.buffer, at);
  const time = Date.now();
  view.setUint32(0, Math.floor(time / 2 ** 16));
  view.setUint16(4, time % 2 ** 16);
}

export async function echo(
  { port, connections, size, depth, milliseconds }: Job & { kind: "echo" },
): Promise<JobResult> {
  using stack = new DisposableStack();
  const conns: Deno.TcpConn[] = [];
  for (let i = 0; i < connections; i++) {
    const conn = stack.use(await connect(port));
    conn.setNoDelay(true);
    conns.push(conn);
  }
  const request = randomBytes(size * depth);
  const responses = conns.map(() => request.slice());
  const { value, busy = 0 } = await repeatedly(
    { workers: connections, milliseconds },
    async (worker) => {
      const reading = readFull(conns[worker], responses[worker]);
      await writeAll(conns[worker], request);
      await reading;
    },
  );
  return { values: [value * depth], busy };
}

export async function echoLatency(
  { port, size, milliseconds }: Job & { kind: "echo-latency" },
): Promise<JobResult> {
  using conn = await connect(port);
  conn.setNoDelay(true);
  const request = randomBytes(size);
  const response = request.slice();
  return await latencies(milliseconds, async () => {
    await writeAll(conn, request);
    await readFull(conn, response);
    return performance.now();
  });
}

/** The median and 99th percentile of the duration of `once`, which returns the time of its end. */
export async function latencies(
  milliseconds: number,
  once: () => Promise<number>,
): Promise<JobResult> {
  const taken: number[] = [];
  const { busy = 0 } = await perSecond(async () => {
    const end = performance.now() + milliseconds;
    while (performance.now() < end) {
      const start = performance.now();
      taken.push(await once() - start);
    }
    return taken.length;
  });
  taken.sort((a, b) => a - b);
  const at = (share: number) => taken[Math.min(taken.length - 1, Math.floor(taken.length * share))];
  return { values: [at(0.5), at(0.99)], busy };
}

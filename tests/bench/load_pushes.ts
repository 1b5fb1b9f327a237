/** The load of pushes: messages on their way to one who has subscribed. */
import { CLIENT_ID_SIZE } from "../../shared/limits.ts";
import { RESPONSE_HEADER_SIZE } from "../../shared/protocol/frame.ts";
import { MESSAGE_HEAD_SIZE } from "../../shared/protocol/message.ts";
import { encodeSecureRequest } from "../../shared/protocol/secure/requests.ts";
import { ResponseCode } from "../support/protocol/codes.ts";
import type { Job, JobResult } from "./job.ts";
import { pump } from "./load_work.ts";
import { perSecond } from "./measure.ts";
import { newIdentity, SecureLink } from "./secure_link.ts";
import { MESSAGE_SIZE, PIPELINE } from "./workload.ts";

/** Bytes of a push with one message. */
const PUSH_SIZE = RESPONSE_HEADER_SIZE + MESSAGE_HEAD_SIZE + MESSAGE_SIZE;
/** Messages of one sender in a mailbox: one that is full takes few of each. */
const SHARE = 1000;
/** Times that the same messages are pushed: what nobody has acknowledged comes again. */
const PASSES = 3;

/** The number of the pushed message stands behind its sender's ID. */
export function messageIdOf(payload: Uint8Array): number {
  return new DataView(payload.buffer, payload.byteOffset + CLIENT_ID_SIZE).getUint32(0, true);
}

export async function livePushes(
  { port, milliseconds }: Job & { kind: "push" },
): Promise<JobResult> {
  const to = await newIdentity();
  using receiver = await SecureLink.login(port, to);
  using sender = await SecureLink.login(port, await newIdentity());
  await receiver.subscribe();
  let total = Infinity;
  const send = async () => {
    const end = performance.now() + milliseconds;
    const sent = await pump(sender, [to.id], { depth: PIPELINE, end });
    // One more, that the receiver hears of the end.
    total = sent + 1;
    await pump(sender, [to.id], { depth: 1, most: 1 });
  };
  const receive = async () => {
    let messageIds: number[] = [];
    let answers = 0;
    for (let got = 0; got < total || answers > 0;) {
      const { code, payload } = await receiver.next();
      if (code === ResponseCode.acknowledged) {
        answers--;
        continue;
      }
      if (code !== ResponseCode.push) throw new Error(`the server answered ${code}`);
      messageIds.push(messageIdOf(payload));
      if (++got < total && messageIds.length < PIPELINE) continue;
      await receiver.write(encodeSecureRequest({ kind: "acknowledge", messageIds }));
      messageIds = [];
      answers++;
    }
  };
  const { busy = 0 } = await perSecond(async () => {
    await Promise.all([send(), receive()]);
    return total;
  });
  return { values: [total], busy };
}

export async function backlog({ port, count }: Job & { kind: "backlog" }): Promise<JobResult> {
  const to = await newIdentity();
  (await SecureLink.login(port, to)).close();
  await Promise.all(Array.from({ length: count / SHARE }, async () => {
    using sender = await SecureLink.login(port, await newIdentity());
    await pump(sender, [to.id], { depth: PIPELINE, most: SHARE });
  }));
  using stack = new DisposableStack();
  const receivers: SecureLink[] = [];
  for (let i = 0; i < PASSES; i++) receivers.push(stack.use(await SecureLink.login(port, to)));
  const { value, busy = 0 } = await perSecond(async () => {
    for (const receiver of receivers) {
      await receiver.subscribe();
      for (let left = count * PUSH_SIZE; left > 0;) left -= await receiver.skip();
    }
    return count * PASSES;
  });
  return { values: [value], busy };
}

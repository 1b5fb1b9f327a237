import type { Bytes } from "../../shared/bytes.ts";
import { ProtocolError } from "../../shared/errors.ts";
import { decodeMessageHead, MESSAGE_HEAD_SIZE } from "../../shared/protocol/message.ts";
import type { Receiver } from "./transport.ts";

/** The bytes of a response. */
interface MessageSource {
  read(size: number): Promise<Bytes>;
  readSome(into: Uint8Array): Promise<number>;
}

/**
 * Hands the messages of a payload of `size` bytes to `receiver`; returns the IDs of
 * those that it took.
 * @throws {ProtocolError} `malformed`, also for more than `most` messages
 */
export async function receiveMessages(
  source: MessageSource,
  size: number,
  receiver: Receiver,
  most = Infinity,
): Promise<number[]> {
  let left = size;
  const messageIds: number[] = [];
  let count = 0;
  while (left > 0) {
    if (left < MESSAGE_HEAD_SIZE) throw new ProtocolError("malformed", "a message is cut off");
    const head = decodeMessageHead(await source.read(MESSAGE_HEAD_SIZE));
    left -= MESSAGE_HEAD_SIZE;
    if (head.size > left) throw new ProtocolError("malformed", "a message exceeds its response");
    if (count++ === most) throw new ProtocolError("malformed", "too many messages");
    let contentLeft = head.size;
    left -= head.size;
    const taken = await receiver.store(head, {
      read: async (into) => {
        if (contentLeft === 0) return 0;
        const count = await source.readSome(into.subarray(0, Math.min(into.length, contentLeft)));
        contentLeft -= count;
        return count;
      },
    });
    if (contentLeft > 0) throw new RangeError("a message was stored in part");
    if (taken) messageIds.push(head.messageId);
  }
  return messageIds;
}

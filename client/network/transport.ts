/** What a client asks of its server, whichever protocol carries it. */
import type { Bytes } from "../../shared/bytes.ts";
import { ProtocolError } from "../../shared/errors.ts";
import type { RequestBody, SendPrefix } from "../../shared/protocol/request.ts";
import {
  decodeMessageHead,
  MESSAGE_HEAD_SIZE,
  type MessageHead,
  type ResponseBody,
} from "../../shared/protocol/response.ts";
import type { SecureRequest } from "../../shared/protocol/secure_request.ts";
import type { SecureResponse } from "../../shared/protocol/secure_response.ts";

/** The content of a message that is being received. */
export interface IncomingContent {
  /** Puts at most `into.length` bytes of what is left into `into`; gives their number, 0 at the end. */
  read(into: Uint8Array): Promise<number>;
}

/** Who takes the messages of a poll. */
export interface Receiver {
  /** Takes one message with all of its content. */
  store(head: MessageHead, content: IncomingContent): Promise<void>;
  /** Resolves when every message that was taken whole is on the disk. */
  flush(): Promise<void>;
}

/** Who takes messages as the server pushes them. */
export interface PushReceiver extends Receiver {
  /**
   * Called after {@link Receiver.flush}. The server keeps the messages until `acknowledge` is called,
   * which happens when nothing of them can be lost any more.
   */
  stored(acknowledge: () => void): void;
}

/** What a poll has brought. */
export interface Polled {
  /** How many messages. */
  count: number;
  /** Has the server delete them, once nothing of them can be lost any more. */
  acknowledge(): Promise<void>;
}

export type Reply<K extends ResponseBody["kind"]> = Extract<ResponseBody, { kind: K }>;

export type SecureReply<K extends SecureResponse["kind"]> = Extract<SecureResponse, { kind: K }>;

/** A message in memory. The secure protocol names it by its token, 16 bytes, made where there is none. */
export type RequestWithToken = RequestBody & { token?: Bytes };

/** Called where a connection broke, with the milliseconds until it is tried again. */
export type OnTrouble = (error: unknown, wait: number) => void;

export interface SecureOptions {
  /** Not to be tried again after a broken connection: for what must stay in its order. */
  readonly once?: boolean;
}

export interface Transport {
  /**
   * Sends a request that fits into memory and waits for its response.
   * @throws {ClientError} `refused`, `unreachable`, `bad-response`
   */
  exchange<K extends ResponseBody["kind"]>(
    clientId: Bytes,
    request: RequestWithToken,
    expected: K,
  ): Promise<Reply<K>>;

  /** Asks for what only the secure protocol knows. Errors as {@link exchange}. */
  secure<K extends Exclude<SecureResponse["kind"], "error" | "push" | "messages">>(
    request: SecureRequest,
    expected: K,
    options?: SecureOptions,
  ): Promise<SecureReply<K>>;

  /** Sends a message whose `size` bytes of content stream. Errors as {@link exchange}. */
  sendStream(
    clientId: Bytes,
    prefix: SendPrefix,
    content: ReadableStream<Uint8Array>,
  ): Promise<Reply<"sent">>;

  /**
   * Collects the waiting messages into `receiver`, which has them on the disk then. Where it, this
   * process or the connection fails, the server keeps them. Errors as {@link exchange}.
   */
  poll(clientId: Bytes, receiver: Receiver): Promise<Polled>;

  /**
   * Takes messages as they come, for ever; each connection gets a receiver of its own. Makes the
   * connection again whenever it breaks: `onTrouble` hears of that, with the milliseconds until the
   * next attempt. Ends by throwing what making it again cannot mend. Only the secure protocol has it.
   */
  follow(newReceiver: () => PushReceiver, onTrouble: OnTrouble): Promise<never>;

  /** Ends what is open. */
  close(): Promise<void>;
}

/** Bytes of a response. */
interface MessageSource {
  read(size: number): Promise<Bytes>;
  readSome(into: Uint8Array): Promise<number>;
}

/**
 * Takes a payload of `size` bytes apart into messages; gives their IDs.
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
  while (left > 0) {
    if (left < MESSAGE_HEAD_SIZE) throw new ProtocolError("malformed", "a message is cut off");
    const head = decodeMessageHead(await source.read(MESSAGE_HEAD_SIZE));
    left -= MESSAGE_HEAD_SIZE;
    if (head.size > left) throw new ProtocolError("malformed", "a message exceeds its response");
    if (messageIds.length === most) throw new ProtocolError("malformed", "too many messages");
    let contentLeft = head.size;
    left -= head.size;
    await receiver.store(head, {
      read: async (into) => {
        if (contentLeft === 0) return 0;
        const count = await source.readSome(into.subarray(0, Math.min(into.length, contentLeft)));
        contentLeft -= count;
        return count;
      },
    });
    if (contentLeft > 0) throw new RangeError("a message was stored in part");
    messageIds.push(head.messageId);
  }
  return messageIds;
}

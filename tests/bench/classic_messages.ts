/** Small messages by the classic protocol: sent one a connection, and collected from a mailbox. */
import type { Bytes } from "../../shared/bytes.ts";
import { writeAll } from "../../shared/io.ts";
import { CLIENT_ID_SIZE } from "../../shared/limits.ts";
import { ResponseCode } from "../support/protocol/codes.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import { SEND_PREFIX_SIZE } from "../../shared/protocol/classic/requests.ts";
import {
  decodeResponseHeader,
  REQUEST_HEADER_SIZE,
  RESPONSE_HEADER_SIZE,
} from "../../shared/protocol/frame.ts";
import { connect, exchange, Poller, readFull, register, requestBytes } from "./classic_load.ts";
import { perSecond, repeatedly, type Suite } from "./measure.ts";
import { MAILBOX_COUNT, MESSAGE_SIZE, randomBytes, ROUND, SENDERS } from "./workload.ts";

/** Bytes of a request that sends a message. */
export const SEND_REQUEST_SIZE = REQUEST_HEADER_SIZE + SEND_PREFIX_SIZE + MESSAGE_SIZE;
const SENT_SIZE = RESPONSE_HEADER_SIZE + CLIENT_ID_SIZE + 4;

/** Each message on a connection of its own, acknowledged when it is on the disk. */
export const classicSend: Suite = {
  rows: [{
    name: "classic-send",
    title: `Sent, ${SENDERS} at a time`,
    unit: "/s",
    limits: ["tcp-echo"],
    original: 363,
    goal: { atLeast: 3630 },
  }],
  async open({ server: { port } }) {
    const senders = await Promise.all(Array.from({ length: SENDERS }, () => register(port)));
    const response = new Uint8Array(SENT_SIZE);
    const responses = Array.from({ length: SENDERS }, () => response.slice());
    return async () => {
      const to = await register(port);
      const requests = senders.map((sender) => sendRequest(sender, to));
      const figure = await repeatedly(
        { workers: SENDERS, milliseconds: ROUND },
        async (worker) => {
          await exchange(port, requests[worker], responses[worker]);
          checkSent(responses[worker]);
        },
      );
      return [figure];
    };
  },
};

/** A full mailbox, until its messages are decoded here and deleted there. */
export const classicCollect: Suite = {
  rows: [{
    name: "classic-collect",
    title: `Collected, ${MAILBOX_COUNT.toLocaleString("en")} from one mailbox`,
    unit: "/s",
    original: 7000,
    goal: { atLeast: 7000 },
  }],
  async open({ server: { port } }) {
    const receiver = await register(port);
    return async () => {
      await fill(port, receiver, MAILBOX_COUNT);
      const figure = await perSecond(async () => {
        using poller = await Poller.connect(port, receiver);
        let collected = 0;
        for (let more = true; more;) {
          const count = await poller.poll(async ({ size }, reader) => {
            await reader.read(size);
          });
          collected += count;
          more = count > 0;
        }
        if (collected !== MAILBOX_COUNT) throw new Error(`${collected} messages were collected`);
        return collected;
      });
      return [figure];
    };
  },
};

function sendRequest(from: Bytes, to: Bytes): Bytes {
  const content = randomBytes(MESSAGE_SIZE);
  return requestBytes(from, { kind: "send", to, type: MessageType.text, content });
}

function checkSent(response: Bytes): void {
  const { code } = decodeResponseHeader(response.subarray(0, RESPONSE_HEADER_SIZE));
  if (code !== ResponseCode.sent) throw new Error("the server refused a message");
}

/**
 * Puts `count` messages into a mailbox, by many connections, which share commits. Each has a sender
 * of its own, as a mailbox takes no more than a part of it from one.
 */
async function fill(port: number, to: Bytes, count: number): Promise<void> {
  let left = count;
  await Promise.all(Array.from({ length: 64 }, async () => {
    const request = sendRequest(await register(port), to);
    using conn = await connect(port);
    const response = new Uint8Array(SENT_SIZE);
    while (left-- > 0) {
      await writeAll(conn, request);
      await readFull(conn, response);
      checkSent(response);
    }
  }));
}

/** The numbers of the protocol (`shared/PROTOCOL.md`). */

/** What classic clients send and what they are answered with. Version 1 is accepted, too. */
export const CLASSIC_VERSION = 2;

export const RequestCode = {
  register: 100,
  clientList: 101,
  publicKey: 102,
  send: 103,
  getMessages: 104,
} as const;

export const ResponseCode = {
  registered: 1000,
  clientList: 1001,
  publicKey: 1002,
  sent: 1003,
  messages: 1004,
  failure: 9000,
} as const;

/** What a message holds, as its sender says. */
export const MessageType = {
  keyRequest: 1,
  key: 2,
  text: 3,
  file: 4,
} as const;

export type MessageType = (typeof MessageType)[keyof typeof MessageType];

/** Whether `value` is one of the four message types. */
export function isMessageType(value: number): value is MessageType {
  return value >= MessageType.keyRequest && value <= MessageType.file;
}

/** The numbers of the protocol (`shared/PROTOCOL.md`). */

/** What classic clients send and what they are answered with. Version 1 is accepted, too. */
export const CLASSIC_VERSION = 2;

/** The secure protocol. */
export const SECURE_VERSION = 3;

export const RequestCode = {
  register: 100,
  clientList: 101,
  publicKey: 102,
  send: 103,
  getMessages: 104,
  /** From here on: secure alone. */
  subscribe: 105,
  acknowledge: 106,
  publishPrekeys: 107,
  checkIn: 108,
  fetchPrekeys: 109,
  handshake: 110,
  login: 112,
  openUpload: 120,
  putChunk: 121,
  share: 122,
  getChunk: 123,
  release: 124,
  fileState: 125,
} as const;

export const ResponseCode = {
  registered: 1000,
  clientList: 1001,
  publicKey: 1002,
  sent: 1003,
  messages: 1004,
  /** From here on: secure alone, but for the failure. */
  subscribed: 1005,
  acknowledged: 1006,
  prekeysPublished: 1007,
  checkedIn: 1008,
  prekeys: 1009,
  handshake: 1110,
  loggedIn: 1112,
  upload: 1120,
  chunkStored: 1121,
  shared: 1122,
  chunk: 1123,
  released: 1124,
  fileState: 1125,
  /** A message that the server sends by itself, to a subscriber. */
  push: 2000,
  failure: 9000,
} as const;

/** Why a secure request was refused. */
export const ErrorCode = {
  "unauthenticated": 9001,
  "forbidden": 9002,
  "not-found": 9003,
  "name-taken": 9004,
  "too-large": 9005,
  "over-quota": 9006,
  "rate-limited": 9007,
  "malformed": 9008,
  "shutting-down": 9009,
  "failed": 9010,
} as const;

export type ErrorName = keyof typeof ErrorCode;

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

/** The numbers of the protocol (`shared/PROTOCOL.md`). */

/** The version of classic requests and responses. Version 1 is accepted, too. */
export const CLASSIC_VERSION = 2;

/** The version of the secure protocol. */
export const SECURE_VERSION = 3;

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

/** The content of a message, as its sender says. */
export const MessageType = { keyRequest: 1, key: 2, text: 3, file: 4 } as const;

export type MessageType = (typeof MessageType)[keyof typeof MessageType];

/** Reports whether `value` is one of the four message types. */
export function isMessageType(value: number): value is MessageType {
  return value >= MessageType.keyRequest && value <= MessageType.file;
}

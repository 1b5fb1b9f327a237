/** Resets: what a client sends when it cannot open a message (`shared/PROTOCOL.md` section 10). */
import { type Bytes, concat, utf8 } from "../bytes.ts";
import { sign, SIGNATURE_SIZE, verify } from "../crypto/ed25519.ts";
import type { Identity } from "../crypto/identity.ts";
import { Reader, Writer } from "../cursor.ts";
import { CryptoError } from "../errors.ts";

const VERSION = 4;
const LABEL = utf8("messaging-system/3 reset");
const FIXED_SIZE = 1 + 8;

/** Most messages that one reset names. */
export const MAX_RESET_MESSAGES = 256;

/** A request to start a new session. */
export interface Reset {
  /** Milliseconds since 1970; grows from one reset to the next. */
  readonly time: number;
  /** The IDs, in the mailbox of the reset's sender, of the messages that it could not open. */
  readonly messageIds: readonly number[];
}

/** Returns the content of a reset, signed with the 32-byte Ed25519 secret of `from`. */
export async function encodeReset(
  { time, messageIds }: Reset,
  from: Identity,
  to: Identity,
  signing: Bytes,
): Promise<Bytes> {
  const writer = new Writer(FIXED_SIZE + 4 * messageIds.length)
    .u8(VERSION)
    .u32(time % 2 ** 32)
    .u32(Math.floor(time / 2 ** 32));
  for (const id of messageIds) writer.u32(id);
  const body = writer.done();
  return concat(body, await sign(signing, signedPart(from, to, body)));
}

/**
 * Returns the reset in `content` after it checked the signature.
 * @throws {CryptoError} `decrypt-failed` if it is no reset of `from` to `to`
 */
export function decodeReset(content: Bytes, from: Identity, to: Identity): Reset {
  const size = content.length - SIGNATURE_SIZE;
  const ids = (size - FIXED_SIZE) / 4;
  if (content[0] !== VERSION || !Number.isInteger(ids) || ids < 0 || ids > MAX_RESET_MESSAGES) {
    throw new CryptoError("decrypt-failed", "the reset has a form that is not known here");
  }
  const body = content.slice(0, size);
  if (!verify(from.signing, content.slice(size), signedPart(from, to, body))) {
    throw new CryptoError("decrypt-failed", "the reset is not signed by its sender");
  }
  const reader = new Reader(body.subarray(1));
  const time = reader.u32() + reader.u32() * 2 ** 32;
  if (!Number.isSafeInteger(time)) {
    throw new CryptoError("decrypt-failed", "the reset has a time that is out of range");
  }
  return { time, messageIds: messagesOfReset(content) };
}

/** Returns the message IDs in a content of {@link encodeReset}, which must be our own. */
export function messagesOfReset(content: Bytes): number[] {
  const reader = new Reader(content.subarray(FIXED_SIZE, content.length - SIGNATURE_SIZE));
  const messageIds: number[] = [];
  while (reader.left > 0) messageIds.push(reader.u32());
  return messageIds;
}

function signedPart(from: Identity, to: Identity, body: Bytes): Bytes {
  return concat(LABEL, from.publicKey, to.publicKey, body);
}

/**
 * Messages on the wire: header size 2 · header nonce 12 · encrypted header 57 or 1,241 · nonce 12 ·
 * ciphertext with its tag. Nonces are random, so even an old copy of a state that encrypts again
 * does not repeat one.
 */
import { type Bytes, concat } from "../bytes.ts";
import { ChaChaKey, NONCE_SIZE, TAG_SIZE } from "../crypto/chacha20_poly1305.ts";
import type { Random } from "../crypto/random.ts";
import { CryptoError } from "../errors.ts";
import { type Header, openHeader, SEALED_HEADER_SIZES, sealHeader } from "./ratchet_header.ts";

const SIZE_SIZE = 2;

/** Thrown for a message before any key was derived for it: it has cost next to nothing. */
export class Untried extends CryptoError {
  constructor(reason: string) {
    super("decrypt-failed", reason);
  }
}

/** Encrypts a header and what follows it. Wipes the message key. */
export function sealMessage(
  { headerKey, header, messageKey }: { headerKey: Bytes; header: Header; messageKey: Bytes },
  associated: Bytes,
  plaintext: Uint8Array,
  random: Random,
): Bytes {
  const headerSize = SEALED_HEADER_SIZES[header.part ? 1 : 0];
  const size = new Uint8Array([headerSize % 256, headerSize >> 8]);
  const headerNonce = random(NONCE_SIZE);
  const sealedHeader = sealHeader(headerKey, headerNonce, concat(associated, size), header);
  const head = concat(size, headerNonce, sealedHeader);
  const nonce = random(NONCE_SIZE);
  const bound = concat(associated, head);
  const ciphertext = withKey(messageKey, (key) => key.seal(nonce, bound, plaintext));
  return concat(head, nonce, ciphertext);
}

/** Returns what opens the header of `message`, and its content, with a key. */
export function readMessage(message: Bytes, associated: Bytes) {
  const size = message.length < SIZE_SIZE ? 0 : message[0] + 256 * message[1];
  const headEnd = SIZE_SIZE + NONCE_SIZE + size;
  const start = headEnd + NONCE_SIZE;
  if (!SEALED_HEADER_SIZES.includes(size) || message.length < start + TAG_SIZE) {
    throw new Untried("the message has a form that is not known here");
  }
  const headerNonce = message.slice(SIZE_SIZE, SIZE_SIZE + NONCE_SIZE);
  const sealedHeader = message.subarray(SIZE_SIZE + NONCE_SIZE, headEnd);
  const headerBound = concat(associated, message.subarray(0, SIZE_SIZE));
  const nonce = message.subarray(headEnd, start);
  const bound = concat(associated, message.subarray(0, headEnd));
  return {
    headerOf: (key: Bytes) => openHeader(key, headerNonce, headerBound, sealedHeader),
    open: (messageKey: Bytes) =>
      withKey(messageKey, (key) => key.open(nonce, bound, message.subarray(start))),
  };
}

/** Uses a message key, once. */
function withKey<T>(messageKey: Bytes, use: (key: ChaChaKey) => T): T {
  const key = new ChaChaKey(messageKey);
  messageKey.fill(0);
  try {
    return use(key);
  } finally {
    key.wipe();
  }
}

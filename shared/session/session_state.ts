/** Sessions as bytes. They hold secrets: the caller must seal them before it stores them. */
import type { Bytes } from "../bytes.ts";
import { type CborValue, decodeCbor, encodeCbor } from "../cbor.ts";
import type { Chain, RatchetState, SkippedKey } from "./ratchet.ts";
import type { Session } from "./session.ts";

/** Returns the bytes of `session`. */
export function encodeSession({ base, offer, ratchet }: Session): Bytes {
  const { root, own, sending, receiving, nextSending, nextReceiving, previous, skipped } = ratchet;
  return encodeCbor([
    base,
    offer,
    root,
    own.secret,
    own.publicKey,
    chainFields(sending),
    chainFields(receiving),
    nextSending,
    nextReceiving,
    previous,
    skipped.map(({ headerKey, number, key, at }) => [headerKey, number, key, at]),
  ]);
}

/**
 * Returns the session in bytes of {@link encodeSession}. They were sealed, so they are trusted.
 * @throws {ProtocolError} `malformed` if they are something else
 */
export function decodeSession(bytes: Uint8Array): Session {
  type Fields = [
    Bytes,
    Bytes | null,
    Bytes,
    Bytes,
    Bytes,
    ChainFields,
    ChainFields,
    Bytes,
    Bytes,
    number,
    SkippedFields[],
  ];
  const [
    base,
    offer,
    root,
    secret,
    publicKey,
    sending,
    receiving,
    nextSending,
    nextReceiving,
    previous,
    skipped,
  ] = decodeCbor(bytes) as CborValue as Fields;
  const ratchet: RatchetState = {
    root,
    own: { secret, publicKey },
    sending: chainOf(sending),
    receiving: chainOf(receiving),
    nextSending,
    nextReceiving,
    previous,
    skipped: skipped.map(([headerKey, number, key, at]): SkippedKey => ({
      headerKey,
      number,
      key,
      at,
    })),
  };
  return { base, offer, ratchet };
}

type ChainFields = [Bytes, Bytes, number] | null;
type SkippedFields = [Bytes, number, Bytes, number];

function chainFields(chain: Chain | null): ChainFields {
  return chain && [chain.key, chain.headerKey, chain.number];
}

function chainOf(fields: ChainFields): Chain | null {
  return fields && { key: fields[0], headerKey: fields[1], number: fields[2] };
}

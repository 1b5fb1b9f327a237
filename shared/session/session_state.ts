/** Sessions as bytes. They hold secrets: the caller must seal them before it stores them. */
import type { Bytes } from "../bytes.ts";
import { type CborValue, decodeCbor, encodeCbor } from "../cbor.ts";
import type { Chain } from "./chains.ts";
import type { Session } from "./session.ts";

type ChainFields = [key: Bytes, headerKey: Bytes, number: number] | null;

/** Returns the values of `session` in the order in which they are stored. */
function fieldsOf({ base, offer, ratchet }: Session) {
  const { root, own, sending, receiving, nextSending, nextReceiving, previous, skipped } = ratchet;
  const { kem: { seed, sending: given, receiving: taken, mixedAt, count } } = ratchet;
  const keys = [base, offer, root, own.secret, own.publicKey] as const;
  const chains = [chainFields(sending), chainFields(receiving)] as const;
  const skippedKeys = skipped.map((s) => [s.headerKey, s.number, s.key, s.at] as const);
  const kem = [seed, given, taken, mixedAt, count] as const;
  return [...keys, ...chains, nextSending, nextReceiving, previous, skippedKeys, kem] as const;
}

/** Returns the bytes of `session`. */
export function encodeSession(session: Session): Bytes {
  return encodeCbor(fieldsOf(session));
}

/**
 * Returns the session in bytes of {@link encodeSession}. They were sealed, so they are trusted.
 * @throws {ProtocolError} `malformed` if they are something else
 */
export function decodeSession(bytes: Uint8Array): Session {
  const fields = decodeCbor(bytes) as CborValue as ReturnType<typeof fieldsOf>;
  const [base, offer, root, secret, publicKey, sending, receiving, ...others] = fields;
  const [nextSending, nextReceiving, previous, skippedKeys, kemFields] = others;
  const skipped = skippedKeys.map(([headerKey, number, key, at]) => ({
    headerKey,
    number,
    key,
    at,
  }));
  const chains = { sending: chainOf(sending), receiving: chainOf(receiving) };
  const own = { secret, publicKey };
  const [seed, given, taken, mixedAt, count] = kemFields;
  const kem = { seed, sending: given, receiving: taken, mixedAt, count };
  return {
    base,
    offer,
    ratchet: { root, own, ...chains, nextSending, nextReceiving, previous, skipped, kem },
  };
}

function chainFields(chain: Chain | null): ChainFields {
  return chain && [chain.key, chain.headerKey, chain.number];
}

function chainOf(fields: ChainFields): Chain | null {
  return fields && { key: fields[0], headerKey: fields[1], number: fields[2] };
}

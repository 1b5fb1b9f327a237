/** Envelopes (PROTOCOL.md §10). */
import { type Bytes, concat, utf8 } from "../../../../shared/bytes.ts";
import { demand, fields, integer, integerOf, open, seal } from "./basics.ts";
import type { MessageType } from "./content.ts";

/** What an initial envelope has more than others. */
export interface Initial {
  /** IDs of prekeys; that of OPKb is 0 for none. */
  SPKb: number;
  PQPKb: number;
  OPKb: number;
  EKa: Bytes;
  CT: Bytes;
}

/** Who sends what to whom. */
export interface Way {
  /** Identities. */
  sender: Bytes;
  receiver: Bytes;
  type: MessageType;
}

/** An envelope cut into its parts. */
export interface Envelope {
  initial?: Initial;
  /** The bytes before the header nonce, and so with the header size. */
  start: Bytes;
  headerNonce: Bytes;
  sealedHeader: Bytes;
  nonce: Bytes;
  ciphertext: Bytes;
}

/** An envelope, and everything on the way to it. */
export interface Sealed {
  headerAssociated: Bytes;
  sealedHeader: Bytes;
  associated: Bytes;
  ciphertext: Bytes;
  envelope: Bytes;
}

const TAG_SIZE = 16;

/** The sizes of an encrypted header: without and with a KEM part. */
const HEADER_SIZES = [57, 1241];

/** The associated data of what follows `before` and a nonce. */
export function associatedData({ sender, receiver, type }: Way, before: Bytes): Bytes {
  return concat(utf8("messaging-system/3 envelope"), sender, receiver, integer(type, 1), before);
}

/** What comes before the message. */
function startOf(initial?: Initial): Bytes {
  if (initial === undefined) return new Uint8Array([3]);
  return concat(
    new Uint8Array([2]),
    integer(initial.SPKb, 4),
    integer(initial.PQPKb, 4),
    integer(initial.OPKb, 4),
    initial.EKa,
    initial.CT,
  );
}

export function sealEnvelope(
  way: Way,
  initial: Initial | undefined,
  keys: { HK: Bytes; MK: Bytes },
  nonces: { headerNonce: Bytes; nonce: Bytes },
  header: Bytes,
  padded: Bytes,
): Sealed {
  const headerSize = integer(header.length + TAG_SIZE, 2);
  let envelope = concat(startOf(initial), headerSize);
  const headerAssociated = associatedData(way, envelope);
  const sealedHeader = seal(keys.HK, nonces.headerNonce, headerAssociated, header);
  envelope = concat(envelope, nonces.headerNonce, sealedHeader);
  const associated = associatedData(way, envelope);
  const ciphertext = seal(keys.MK, nonces.nonce, associated, padded);
  envelope = concat(envelope, nonces.nonce, ciphertext);
  return { headerAssociated, sealedHeader, associated, ciphertext, envelope };
}

export function decodeEnvelope(bytes: Bytes): Envelope {
  demand(bytes[0] === 2 || bytes[0] === 3, "no such envelope");
  const startSize = (bytes[0] === 2 ? 1 + 4 + 4 + 4 + 32 + 1088 : 1) + 2;
  const headerSize = integerOf(bytes.slice(startSize - 2, startSize));
  demand(HEADER_SIZES.includes(headerSize), "no such header size");
  const size = bytes.length - startSize - 12 - headerSize - 12;
  demand(size >= TAG_SIZE, "too short");
  const parts = fields(bytes, startSize, 12, headerSize, 12, size);
  const [start, headerNonce, sealedHeader, nonce, ciphertext] = parts;
  const envelope = { start, headerNonce, sealedHeader, nonce, ciphertext };
  if (bytes[0] === 3) return envelope;
  const [, SPKb, PQPKb, OPKb, EKa, CT] = fields(start, 1, 4, 4, 4, 32, 1088, 2);
  const ids = { SPKb: integerOf(SPKb), PQPKb: integerOf(PQPKb), OPKb: integerOf(OPKb) };
  return { ...envelope, initial: { ...ids, EKa, CT } };
}

/** The header's 41 or 1,225 bytes, or null if this is not its key. */
export function openHeader(way: Way, envelope: Envelope, HK: Bytes): Bytes | null {
  const { start, headerNonce, sealedHeader } = envelope;
  return open(HK, headerNonce, associatedData(way, start), sealedHeader);
}

/** The padded content, or null if this is not its key. */
export function openCiphertext(way: Way, envelope: Envelope, MK: Bytes): Bytes | null {
  const { start, headerNonce, sealedHeader, nonce, ciphertext } = envelope;
  const before = concat(start, headerNonce, sealedHeader);
  return open(MK, nonce, associatedData(way, before), ciphertext);
}

/** What the product needs of the published vectors, in its own types. */
import { type Bytes, fromHex, toHex } from "../../../shared/bytes.ts";
import { sha256 } from "../../../shared/crypto/hash.ts";
import { type Identity, verifyIdentity } from "../../../shared/crypto/identity.ts";
import type { Prekey } from "../../../shared/protocol/prekey.ts";
import type { Party, PrekeySecrets } from "../../../shared/session/agreement.ts";
import type { RatchetState } from "../../../shared/session/ratchet.ts";
import type { Session } from "../../../shared/session/session.ts";
import { assertEquals } from "../assert.ts";
import type {
  AgreementInputs,
  PartVector,
  PersonVector,
  PrekeyVector,
  StateVector,
} from "../../shared/session/reference/vector_files.ts";

export function identityOf({ identity }: PersonVector): Identity {
  return verifyIdentity(fromHex(identity));
}

export function partyOf(person: PersonVector): Party {
  return { identity: identityOf(person), agreement: fromHex(person["agreement secret"]) };
}

function prekeyOf(vector: PrekeyVector): Prekey {
  return {
    kind: vector.kind,
    id: vector["prekey ID"],
    key: fromHex(vector.key),
    signature: fromHex(vector.signature),
  };
}

export function prekeysOf({ SPKb, PQPKb, OPKb }: AgreementInputs): Prekey[] {
  return [SPKb, PQPKb, ...OPKb === undefined ? [] : [OPKb]].map(prekeyOf);
}

export function secretsOf({ SPKb, PQPKb, OPKb }: AgreementInputs): PrekeySecrets {
  return {
    signed: fromHex(SPKb.secret),
    kem: fromHex(PQPKb.secret),
    oneTime: OPKb === undefined ? null : fromHex(OPKb.secret),
  };
}

/** Randomness that consists of these values, one after the other, and no others. */
export function scripted(
  ...values: (string | undefined)[]
): { random: (size: number) => Bytes; done: () => void } {
  const left = values.filter((value) => value !== undefined).map(fromHex);
  return {
    random(size) {
      const next = left.shift();
      assertEquals(next?.length, size, "the randomness is drawn in another order");
      return next!;
    },
    done: () => assertEquals(left.length, 0, "not all randomness was used"),
  };
}

const bytes = ({ key, ciphertext }: PartVector) => {
  const hex = key ?? ciphertext;
  return hex === undefined ? null : fromHex(hex);
};

/** The state, as far as the product keeps it: DHr is needed in the step alone in which it comes. */
export function ratchetOf(state: StateVector): RatchetState {
  const { DHs, CKs, HKs, CKr, HKr, skipped } = state;
  const part = bytes(state.PARTr);
  const chain = (key: string | undefined, headerKey: string | undefined, number: number) => {
    if (key === undefined || headerKey === undefined) return null;
    return { key: fromHex(key), headerKey: fromHex(headerKey), number };
  };
  return {
    root: fromHex(state.RK),
    own: { secret: fromHex(DHs.secret), publicKey: fromHex(DHs["public key"]) },
    sending: chain(CKs, HKs, state.Ns),
    receiving: chain(CKr, HKr, state.Nr),
    nextSending: fromHex(state.NHKs),
    nextReceiving: fromHex(state.NHKr),
    previous: state.PN,
    skipped: skipped.map((key) => ({
      headerKey: fromHex(key["header key"]),
      number: key.number,
      key: fromHex(key["message key"]),
      at: key["skipped at"],
    })),
    kem: {
      seed: state.SEED === undefined ? null : fromHex(state.SEED),
      sending: bytes(state.PARTs),
      receiving: part === null ? null : sha256(part),
      mixedAt: state.MIXED,
      count: state.COUNT,
    },
  };
}

/** Fails unless this is the state of the session. */
export function assertState({ ratchet }: Session, expected: StateVector): void {
  assertEquals(readable(ratchet), readable(ratchetOf(expected)));
}

/** All bytes as hex, for a failure that shows which field differs. */
function readable(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, field) => {
    return field instanceof Uint8Array ? toHex(field as Bytes) : field;
  }));
}

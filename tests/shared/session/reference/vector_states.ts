/** The state of a session as the vectors write it. */
import { fromHex } from "../../../../shared/bytes.ts";
import type { Part, Ratchet } from "./ratchet.ts";
import type { PartVector, StateVector } from "./vector_files.ts";

const bytes = (hex?: string) => hex === undefined ? undefined : fromHex(hex);

function partOf({ key, ciphertext }: PartVector): Part {
  return { key: bytes(key), ciphertext: bytes(ciphertext) };
}

export function ratchetOf(state: StateVector): Ratchet {
  const { DHs, skipped } = state;
  return {
    RK: fromHex(state.RK),
    DHs: { secret: fromHex(DHs.secret), publicKey: fromHex(DHs["public key"]) },
    DHr: bytes(state.DHr),
    CKs: bytes(state.CKs),
    CKr: bytes(state.CKr),
    HKs: bytes(state.HKs),
    HKr: bytes(state.HKr),
    NHKs: fromHex(state.NHKs),
    NHKr: fromHex(state.NHKr),
    Ns: state.Ns,
    Nr: state.Nr,
    PN: state.PN,
    SEED: bytes(state.SEED),
    PARTs: partOf(state.PARTs),
    PARTr: partOf(state.PARTr),
    MIXED: state.MIXED,
    COUNT: state.COUNT,
    skipped: skipped.map((key) => ({
      HK: fromHex(key["header key"]),
      number: key.number,
      MK: fromHex(key["message key"]),
      at: key["skipped at"],
    })),
  };
}

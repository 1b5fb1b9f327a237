/** The shapes of the files in `tests/vectors/session/` that tests read. Bytes are hex. */
import type { MessageType } from "./content.ts";

export interface PersonVector {
  "signing secret": string;
  "agreement secret": string;
  identity: string;
  "client ID": string;
}

export interface PairVector {
  secret: string;
  "public key": string;
}

export interface PrekeyVector {
  kind: 1 | 2 | 3 | 4;
  "prekey ID": number;
  secret: string;
  key: string;
  signature: string;
}

export interface PrekeysFile {
  owner: PersonVector;
  prekeys: (PrekeyVector & { "signed message": string; prekey: string })[];
  bundles: { name: string; bundle: string }[];
  "refused bundles": { name: string; bundle: string }[];
}

interface Keys {
  CT: string;
  SS: string;
  secret: string;
  transcript: string;
  "SHA-256(transcript)": string;
  "root key": string;
  "header key of A": string;
  "next header key of B": string;
}

/** What an agreement starts from. */
export interface AgreementInputs {
  A: PersonVector;
  B: PersonVector;
  SPKb: PrekeyVector;
  PQPKb: PrekeyVector;
  OPKb?: PrekeyVector;
  EKa: PairVector;
  coins: string;
}

export type AgreementFile = (AgreementInputs & Keys & { name: string; bundle: string })[];

export interface StateVector {
  RK: string;
  DHs: PairVector;
  DHr?: string;
  CKs?: string;
  CKr?: string;
  HKs?: string;
  HKr?: string;
  NHKs: string;
  NHKr: string;
  Ns: number;
  Nr: number;
  PN: number;
  skipped: {
    "header key": string;
    number: number;
    "message key": string;
    "skipped at": number;
  }[];
}

/** A message that is sent; beside these fields stands `A sends` or `B sends`. */
export interface SentVector {
  "message type": MessageType;
  content: string;
  "padded content": string;
  "header nonce": string;
  nonce: string;
  envelope: string;
  state: StateVector;
}

/** A message that is received; beside these fields stands `A receives` or `B receives`. */
export interface ReceivedVector {
  "state of the new session"?: StateVector;
  time: number;
  step?: { "new DHs": PairVector };
  state: StateVector;
}

/** One step: who does what with the message of which number. */
export interface RatchetStep extends Partial<SentVector>, Partial<Omit<ReceivedVector, "state">> {
  "A sends"?: number;
  "B sends"?: number;
  "A receives"?: number;
  "B receives"?: number;
  "A refuses"?: number;
  "B refuses"?: number;
}

export interface RatchetFile extends Omit<AgreementInputs, "OPKb"> {
  OPKb: PrekeyVector;
  DHs: PairVector;
  agreement: Keys;
  "state of A": StateVector;
  steps: RatchetStep[];
}

export interface ContentsFile {
  contents: {
    name: string;
    "message type": MessageType;
    value: {
      id: string;
      at: number;
      text?: string;
      file?: { blob: string; key: string; name: string; size: number };
    };
    content: string;
    padded: string;
  }[];
  refused: { name: string; "message type": MessageType; content: string }[];
}

export interface PaddingFile {
  "P(L)": { L: number; "P(L)": number }[];
  contents: { length: number; content: string; padded: string }[];
  refused: { name: string; padded: string }[];
  "padded to another length": { name: string; padded: string }[];
}

export interface ResetsFile {
  sender: PersonVector;
  receiver: PersonVector;
  resets: { name: string; time: number; "message IDs": number[]; reset: string }[];
  refused: { name: string; reset: string }[];
}

export type SafetyNumbersFile = {
  clients: { name: string; identity: string; "client ID": string; digits: string; card: string }[];
  "safety number": string;
}[];

const FOLDER = new URL("../../../vectors/session/", import.meta.url);

/** The text of the file `name`. */
export function readVectorText(name: string): string {
  return Deno.readTextFileSync(new URL(name, FOLDER));
}

/** All files. */
export function readVectors(): {
  prekeys: PrekeysFile;
  agreement: AgreementFile;
  ratchet: RatchetFile;
  contents: ContentsFile;
  padding: PaddingFile;
  resets: ResetsFile;
  safetyNumbers: SafetyNumbersFile;
} {
  const read = (name: string) => JSON.parse(readVectorText(name));
  return {
    prekeys: read("prekeys.json"),
    agreement: read("agreement.json"),
    ratchet: read("ratchet.json"),
    contents: read("contents.json"),
    padding: read("padding.json"),
    resets: read("resets.json"),
    safetyNumbers: read("safety_numbers.json"),
  };
}

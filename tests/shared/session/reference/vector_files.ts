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

export interface IdentitiesFile {
  identities: (PersonVector & { "signed message": string; signature: string })[];
  refused: { name: string; identity: string }[];
}

export interface ChannelFile {
  "server static": PairVector;
  "client ephemeral": PairVector;
  "server ephemeral": PairVector;
  "request 110": string;
  "response 1110": string;
  "handshake hash": string;
  "key to the server": string;
  "key to the client": string;
  client: PersonVector;
  "login signature": string;
  "to the server": RecordVector[];
  "to the client": RecordVector[];
  "refused streams to the server": { name: string; stream: string }[];
  "refused responses 1110": { name: string; response: string }[];
}

export interface RecordVector {
  nonce: string;
  content: string;
  record: string;
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

export interface AgreementFile {
  agreements: (AgreementInputs & Keys & { name: string; bundle: string })[];
}

/** Nothing, a key or a ciphertext. */
export interface PartVector {
  key?: string;
  ciphertext?: string;
}

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
  SEED?: string;
  PARTs: PartVector;
  PARTr: PartVector;
  MIXED: number;
  COUNT: number;
  skipped: {
    "header key": string;
    number: number;
    "message key": string;
    "skipped at": number;
  }[];
}

/** A step with all fields that a step of any kind can have. */
export interface RatchetStep {
  "A sends"?: number;
  "B sends"?: number;
  "A receives"?: number;
  "B receives"?: number;
  /** The number of a message that came before, or why the envelope of this step is refused. */
  "A refuses"?: number | string;
  "B refuses"?: number | string;
  time?: number;
  "message type"?: MessageType;
  content?: string;
  "padded content"?: string;
  "header nonce"?: string;
  nonce?: string;
  envelope?: string;
  "state of the new session"?: StateVector;
  step?: { "new DHs": PairVector; coins?: string; "new SEED"?: string };
  state?: StateVector;
}

export interface RatchetFile extends Omit<AgreementInputs, "OPKb"> {
  OPKb: PrekeyVector;
  time: number;
  DHs: PairVector;
  agreement: Keys;
  "state of A": StateVector;
  steps: RatchetStep[];
}

export interface EnvelopesFile {
  A: PersonVector;
  B: PersonVector;
  envelopes: {
    name: string;
    from: "A" | "B";
    to: "A" | "B";
    initial?: { SPKb: number; PQPKb: number; OPKb: number; EKa: string; CT: string };
    "message type": MessageType;
    "padded content": string;
    "header nonce": string;
    nonce: string;
    "header key": string;
    "message key": string;
    header: { bytes: string };
    envelope: string;
    "state of the receiver"?: StateVector;
  }[];
  "refused by A": { name: string; envelope: string }[];
  "state of A": StateVector;
}

export interface FileChunksFile {
  key: string;
  chunks: { name: string; number: number; last: boolean; plaintext: string; chunk: string }[];
  refused: { name: string; number: number; last: boolean; chunk: string }[];
  files: { size: number; "SHA-256(file)": string; chunks: FileChunkVector[] }[];
}

export interface FileChunkVector {
  number: number;
  last: boolean;
  size: number;
  "SHA-256(chunk)": string;
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
      receipt?: { state: "delivered" | "read"; ids: string };
      edit?: { target: string; text: string };
      delete?: string;
      reaction?: { target: string; emoji: string };
      timer?: number;
      reply?: string;
      expires?: number;
    };
    content: string;
    padded: string;
  }[];
  newer: { name: string; "message type": MessageType; unknown: string; content: string }[];
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

export interface SafetyNumbersFile {
  pairs: {
    clients: {
      name: string;
      identity: string;
      "client ID": string;
      digits: string;
      card: string;
    }[];
    "safety number": string;
  }[];
}

const FOLDER = new URL("../../../vectors/session/", import.meta.url);

/** The text of the file `name`. */
export function readVectorText(name: string): string {
  return Deno.readTextFileSync(new URL(name, FOLDER));
}

/** All files. */
export function readVectors(): {
  channel: ChannelFile;
  identities: IdentitiesFile;
  prekeys: PrekeysFile;
  agreement: AgreementFile;
  ratchet: RatchetFile;
  kemRatchet: RatchetFile;
  envelopes: EnvelopesFile;
  contents: ContentsFile;
  padding: PaddingFile;
  fileChunks: FileChunksFile;
  resets: ResetsFile;
  safetyNumbers: SafetyNumbersFile;
} {
  const read = (name: string) => JSON.parse(readVectorText(name));
  return {
    channel: read("channel.json"),
    identities: read("identities.json"),
    prekeys: read("prekeys.json"),
    agreement: read("agreement.json"),
    ratchet: read("ratchet.json"),
    kemRatchet: read("kem_ratchet.json"),
    envelopes: read("envelopes.json"),
    contents: read("contents.json"),
    padding: read("padding.json"),
    fileChunks: read("file_chunks.json"),
    resets: read("resets.json"),
    safetyNumbers: read("safety_numbers.json"),
  };
}

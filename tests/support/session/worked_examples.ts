/** The values of the specification's worked examples, out of the published vectors. */
import { type Bytes, fromHex, toHex } from "../../../shared/bytes.ts";
import { sha256 } from "../../shared/session/reference/primitives.ts";
import { readVectorText } from "../../shared/session/reference/vector_files.ts";

/** A value of a vector file. */
// deno-lint-ignore no-explicit-any
type Any = any;

const read = (name: string): Any => JSON.parse(readVectorText(name));
const hashOf = (hex: string) => toHex(sha256(fromHex(hex) as Bytes));

/** Names and values: hex, or a decimal number. */
export type Example = Record<string, string | number>;

/** The examples by their titles. */
export function workedExamples(): Record<string, Example> {
  return {
    "A handshake and a login": handshake(),
    "A prekey": prekey(),
    "An agreement": agreement(),
    "The ratchet without a KEM part": plainRatchet(),
    "The ratchet with a KEM part": kemRatchet(),
    "An envelope": envelope(),
    "A content": content(),
    "The padding": padding(),
    "File chunks": fileChunks(),
    "A reset": reset(),
    "A safety number": safetyNumber(),
  };
}

function handshake(): Example {
  const file = read("channel.json");
  const [up, down] = [file["to the server"][0], file["to the client"][0]];
  return {
    "server static secret": file["server static"].secret,
    "client ephemeral secret": file["client ephemeral"].secret,
    "server ephemeral secret": file["server ephemeral"].secret,
    "signing secret": file.client["signing secret"],
    "agreement secret": file.client["agreement secret"],
    "server static key": file["server static"]["public key"],
    "request 110": file["request 110"],
    "response 1110": file["response 1110"],
    "handshake hash": file["handshake hash"],
    "identity": file.client.identity,
    "client ID": file.client["client ID"],
    "login signature": file["login signature"],
    "request 112": up.content,
    "record": up.record,
    "response 1112": down.content,
    "its record": down.record,
  };
}

function prekey(): Example {
  const { owner, prekeys: [signed] } = read("prekeys.json");
  return {
    "owner's signing secret": owner["signing secret"],
    "prekey secret": signed.secret,
    "key": signed.key,
    "signed message": signed["signed message"],
    "prekey": signed.prekey,
  };
}

function agreement(): Example {
  const { agreements: [first] } = read("agreement.json");
  const { A, B, SPKb, PQPKb, OPKb, EKa } = first;
  return {
    "A's signing secret": A["signing secret"],
    "A's agreement secret": A["agreement secret"],
    "B's signing secret": B["signing secret"],
    "B's agreement secret": B["agreement secret"],
    "SPKb secret": SPKb.secret,
    "OPKb secret": OPKb.secret,
    "PQPKb secret (d · z)": PQPKb.secret,
    "EKa secret": EKa.secret,
    "coins (m)": first.coins,
    "SHA-256(PQPKb)": hashOf(PQPKb.key),
    "SHA-256(CT)": hashOf(first.CT),
    "SS": first.SS,
    "DH(IKa, SPKb)": first["DH(IKa, SPKb)"],
    "DH(EKa, IKb)": first["DH(EKa, IKb)"],
    "DH(EKa, SPKb)": first["DH(EKa, SPKb)"],
    "DH(EKa, OPKb)": first["DH(EKa, OPKb)"],
    "SHA-256(transcript)": first["SHA-256(transcript)"],
    "root key": first["root key"],
    "header key of A": first["header key of A"],
    "next header key of B": first["next header key of B"],
  };
}

function plainRatchet(): Example {
  const { agreement, SPKb, DHs, "state of A": state, steps: [first] } = read("ratchet.json");
  return {
    "root key": agreement["root key"],
    "DHr": SPKb.key,
    "DHs secret": DHs.secret,
    "RK": state.RK,
    "CKs": state.CKs,
    "NHKs": state.NHKs,
    "message key 0": first["message key"],
    "next CKs": first.state.CKs,
  };
}

function kemRatchet(): Example {
  const { steps }: { steps: Any[] } = read("kem_ratchet.json");
  const at = steps.findIndex((step) => step["B receives"] === 3);
  const before = steps.slice(0, at).findLast((step) => step["B sends"] === 1).state;
  const { step } = steps[at];
  const answered = steps.find((step) => step["A receives"] === 5).step;
  return {
    "RK": before.RK,
    "DHs secret": before.DHs.secret,
    "DHr": step.DHr,
    "SHA-256(PARTr)": hashOf(step.PARTr.key),
    "first DH": step["first DH(DHs, DHr)"],
    "first RK": step["first KDF_RK"].RK,
    "CKr": step["first KDF_RK"].CKr,
    "NHKr": step["first KDF_RK"].NHKr,
    "new DHs secret": step["new DHs"].secret,
    "coins (m)": step.coins,
    "SHA-256(PARTs)": hashOf(step.PARTs.ciphertext),
    "SS": answered["first SS"],
    "second DH": step["second DH(DHs, DHr)"],
    "second RK": answered["first KDF_RK"].RK,
    "CKs": step["second KDF_RK"].CKs,
    "NHKs": step["second KDF_RK"].NHKs,
  };
}

function envelope(): Example {
  const { envelopes } = read("envelopes.json");
  const ordinary = envelopes[1];
  return {
    "header key": ordinary["header key"],
    "message key": ordinary["message key"],
    "header nonce": ordinary["header nonce"],
    "nonce": ordinary.nonce,
    "header": ordinary.header.bytes,
    "SHA-256(header's AD)": hashOf(ordinary["associated data of the header"]),
    "encrypted header": ordinary["encrypted header"],
    "SHA-256(AD)": hashOf(ordinary["associated data"]),
    "content": ordinary.content,
    "envelope": ordinary.envelope,
  };
}

function content(): Example {
  const { contents } = read("contents.json");
  const named = (name: string) => contents.find((content: Any) => content.name === name);
  return {
    "start": named("start").content,
    "text": named("text").content,
    "file": named("file").content,
    "SHA-256(padded text)": hashOf(named("text").padded),
  };
}

function padding(): Example {
  const { "P(L)": lengths } = read("padding.json");
  const shown = [1, 256, 257, 273, 1025, 65_537, 1_000_000];
  return Object.fromEntries(shown.map((length) => {
    const { L, "P(L)": P } = lengths.find(({ L }: Any) => L === length);
    return [`P(${L})`, P];
  }));
}

function fileChunks(): Example {
  const { key, chunks, files } = read("file_chunks.json");
  const named = (name: string) => chunks.find((chunk: Any) => chunk.name === name);
  const [empty, first] = ["an empty file", "the first of several"].map(named);
  const { chunks: [whole, end] } = files.find(({ size }: Any) => size === 2 ** 20 + 1);
  return {
    "key": key,
    "empty file": empty.chunk,
    "nonce": first.nonce,
    "plaintext": first.plaintext,
    "ciphertext": first.chunk,
    "SHA-256(chunk 0)": whole["SHA-256(chunk)"],
    "SHA-256(chunk 1)": end["SHA-256(chunk)"],
  };
}

function reset(): Example {
  const { sender, receiver, resets } = read("resets.json");
  const three = resets.find(({ name }: Any) => name === "three messages");
  return {
    "sender's signing secret": sender["signing secret"],
    "sender's client ID": sender["client ID"],
    "receiver's client ID": receiver["client ID"],
    "time": three.time,
    "SHA-256(signed message)": hashOf(three["signed message"]),
    "reset": three.reset,
  };
}

function safetyNumber(): Example {
  const { pairs: [{ clients: [one, other], "safety number": number }] } = read(
    "safety_numbers.json",
  );
  return {
    "identity": one.identity,
    "its client ID": one["client ID"],
    "its digits": one.digits,
    "other identity": other.identity,
    "other client ID": other["client ID"],
    "other digits": other.digits,
    "safety number": number,
  };
}

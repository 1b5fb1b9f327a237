/** Client names: UTF-8 of 2 characters to 254 bytes, in a field of 255 bytes padded with zeros. */
import { type Bytes, fromUtf8, utf8 } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";
import { MAX_NAME_SIZE, MIN_NAME_LENGTH, NAME_FIELD_SIZE } from "../limits.ts";
import { fixed, type Layout } from "./layout.ts";

/**
 * Returns the 255-byte field of `name`.
 * @throws {ProtocolError} `malformed` for an invalid name; the message says why
 */
export function encodeName(name: string): Bytes {
  checkLength(name);
  return encodeField(name);
}

function encodeField(text: string): Bytes {
  if (!text.isWellFormed()) throw new ProtocolError("malformed", "the name is not valid Unicode");
  if (text.includes("\0")) {
    throw new ProtocolError("malformed", "the name holds a zero character");
  }
  const bytes = utf8(text);
  if (bytes.length > MAX_NAME_SIZE) {
    throw new ProtocolError("malformed", `a name has at most ${MAX_NAME_SIZE} bytes`);
  }
  const field = new Uint8Array(NAME_FIELD_SIZE);
  field.set(bytes);
  return field;
}

/**
 * Returns the name in a 255-byte `field`. Only zeros may follow the first zero byte.
 * @throws {ProtocolError} `malformed`
 */
export function decodeName(field: Uint8Array): string {
  const name = decodeField(field);
  checkLength(name);
  return name;
}

function decodeField(field: Uint8Array): string {
  const end = field.indexOf(0);
  if (end < 0) throw new ProtocolError("malformed", "the name is not terminated");
  if (field.subarray(end).some((byte) => byte !== 0)) {
    throw new ProtocolError("malformed", "the name is not padded with zeros");
  }
  try {
    return fromUtf8(field.subarray(0, end));
  } catch {
    throw new ProtocolError("malformed", "the name is not UTF-8");
  }
}

export const clientName: Layout<string> = fixed(
  NAME_FIELD_SIZE,
  (writer, name) => writer.bytes(encodeName(name)),
  (reader) => decodeName(reader.bytes(NAME_FIELD_SIZE)),
);

/** The beginning of names, perhaps none: a field as that of a name. */
export const partOfName: Layout<string> = fixed(
  NAME_FIELD_SIZE,
  (writer, text) => writer.bytes(encodeField(text)),
  (reader) => decodeField(reader.bytes(NAME_FIELD_SIZE)),
);

/** What nobody sees: controls, formats, breaks, private characters, and what shows nothing. */
const UNSEEN = new RegExp(
  "[\\p{C}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}" +
    "\\u2800\\ufffc\\u{13441}\\u{13442}\\u{16fe4}\\u{1d159}]",
  "u",
);
/** What is written from right to left. */
const LEFTWARD = "\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufeff" +
  "\\u{10800}-\\u{10fff}\\u{1e800}-\\u{1efff}";
const HAS_LEFTWARD = new RegExp(`[${LEFTWARD}]`, "u");
/** Without another letter in it, and with a letter at its beginning, it is shown in one way. */
const ALL_LEFTWARD = new RegExp(`^(?=\\p{L})[${LEFTWARD}][${LEFTWARD}\\P{L}]*$`, "u");

/**
 * Checks that a client may register under `name`. Clients that registered before there were these
 * rules keep their names.
 * @throws {ProtocolError} `malformed`; the message says why
 */
export function checkNewName(name: string): void {
  const unseen = UNSEEN.exec(name)?.[0].codePointAt(0);
  if (unseen !== undefined) {
    const code = unseen.toString(16).toUpperCase().padStart(4, "0");
    const text = "a name cannot hold line breaks, control characters or other unseen ones";
    throw new ProtocolError("malformed", `${text}: U+${code}`);
  }
  if (/[^\P{Zs} ]/u.test(name)) {
    throw new ProtocolError("malformed", "a name can hold no space but the usual one");
  }
  if (/^ | $| {2}/.test(name)) {
    throw new ProtocolError(
      "malformed",
      "a name cannot begin or end with a space, nor hold two in a row",
    );
  }
  if (/^\p{M}/u.test(name)) {
    throw new ProtocolError("malformed", "a name cannot begin with a combining mark");
  }
  if (HAS_LEFTWARD.test(name) && !ALL_LEFTWARD.test(name)) {
    throw new ProtocolError(
      "malformed",
      "a name written from right to left begins with a letter, and mixes none from left to right",
    );
  }
  if (name !== name.normalize("NFC")) {
    throw new ProtocolError("malformed", "the name is not in the normal form NFC");
  }
}

function checkLength(name: string): void {
  if ([...name].length < MIN_NAME_LENGTH) {
    throw new ProtocolError("malformed", `a name has at least ${MIN_NAME_LENGTH} characters`);
  }
}

/**
 * `me.info`, in the format of the original client: name, client ID in hex, and the PKCS#8 private
 * key padded with zeros to 1000 bytes in base64, a line each.
 */
import { type Bytes, fromHex, toHex } from "../../shared/bytes.ts";
import { trimDer } from "../../shared/crypto/classic/classic.ts";
import { CLIENT_ID_SIZE } from "../../shared/limits.ts";
import { encodeName } from "../../shared/protocol/name.ts";

const KEY_FIELD_SIZE = 1000;
const ID = new RegExp(`^[0-9a-f]{${2 * CLIENT_ID_SIZE}}$`, "i");

/** Who the owner of a profile is. */
export interface Identity {
  /** 16 bytes. */
  id: Bytes;
  name: string;
  /** PKCS#8 DER. */
  privateKey: Bytes;
}

export function encodeMeInfo({ id, name, privateKey }: Identity): string {
  const field = new Uint8Array(KEY_FIELD_SIZE);
  field.set(privateKey);
  return `${name}\n${toHex(id).toUpperCase()}\n${field.toBase64()}\n`;
}

/** @throws {TypeError} whose message says what is wrong, without quoting the file */
export function decodeMeInfo(text: string): Identity {
  const [name, id, key] = text.split(/\r?\n/);
  if (key === undefined) throw new TypeError("it must have three lines");
  encodeName(name);
  if (!ID.test(id)) throw new TypeError("its second line must be a client ID, in hex");
  let field: Bytes;
  try {
    field = Uint8Array.fromBase64(key);
  } catch {
    throw new TypeError("its third line must be base64");
  }
  return { id: fromHex(id), name, privateKey: trimDer(field) };
}

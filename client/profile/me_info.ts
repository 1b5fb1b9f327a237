/**
 * `me.info`: holds a classic identity that no passphrase protects, in the format of the original
 * client. It has a line each for the name, the client ID in hex, and the PKCS#8 private key, padded
 * with zeros to 1000 bytes, in base64.
 */
import { type Bytes, fromHex, toHex } from "../../shared/bytes.ts";
import { trimDer } from "../../shared/crypto/classic/classic.ts";
import { readIfThere } from "../../shared/files.ts";
import { CLIENT_ID_SIZE } from "../../shared/limits.ts";
import { encodeName } from "../../shared/protocol/name.ts";
import { makePrivate, removeForGood, writePrivateFile } from "../disk/private_file.ts";
import { withReason } from "../errors.ts";
import type { ClassicIdentity } from "./tables/identities.ts";

const KEY_FIELD_SIZE = 1000;
const ID = new RegExp(`^[0-9a-f]{${2 * CLIENT_ID_SIZE}}$`, "i");

/** Returns the path of the file in the profile's folder. */
export function meInfoPath(folder: string): string {
  return `${folder}/me.info`;
}

/**
 * Reads the identity of the profile in `folder`, if it has such a file.
 * @throws {ClientError} `bad-profile`
 */
export async function readMeInfo(folder: string): Promise<ClassicIdentity | undefined> {
  const path = meInfoPath(folder);
  await makePrivate(path);
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  return await withReason("bad-profile", `${path} is not a valid me.info`, () => {
    return decodeMeInfo(text);
  });
}

export async function writeMeInfo(folder: string, identity: ClassicIdentity): Promise<void> {
  await writePrivateFile(meInfoPath(folder), encodeMeInfo(identity));
}

/** Removes the file for good, if there is one. */
export async function removeMeInfo(folder: string): Promise<void> {
  await removeForGood(meInfoPath(folder));
}

export function encodeMeInfo({ id, name, privateKey }: ClassicIdentity): string {
  const field = new Uint8Array(KEY_FIELD_SIZE);
  field.set(privateKey);
  return `${name}\n${toHex(id).toUpperCase()}\n${field.toBase64()}\n`;
}

/** @throws {TypeError} whose message says what is wrong, without quoting the file */
export function decodeMeInfo(text: string): ClassicIdentity {
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

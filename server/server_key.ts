/** The server's static key: what proves to clients, year after year, that it is the same server. */
import { fromHex, toHex, utf8 } from "../shared/bytes.ts";
import { generateX25519Secret, X25519_SIZE, X25519KeyPair } from "../shared/crypto/x25519.ts";
import { writeAll } from "../shared/io.ts";
import { isThere, readIfThere, syncFolder } from "../shared/files.ts";
import { checkServersFolder, databaseVersion } from "./data_folder.ts";
import { onPath } from "./path_errors.ts";

const FILE = "server.key";

/**
 * Returns the key in the file `server.key` of the folder `data`: an X25519 secret of 32 bytes, in
 * hex. Creates it on the first run, for its owner alone.
 * @throws {Error} if it is lost, or the file holds something else
 */
export async function openServerKey(data: string): Promise<X25519KeyPair> {
  return await existingKey(data) ?? parseKey(pathIn(data), await makeKey(data, pathIn(data)));
}

/**
 * Returns the key in the folder `data`, and never makes one.
 * @throws {Error} if there is none, or it is damaged
 */
export async function readServerKey(data: string): Promise<X25519KeyPair> {
  const key = await existingKey(data);
  if (key) return key;
  await checkServersFolder(data);
  throw new Error(`the server in ${data} has no key yet; it makes one when it starts`);
}

/**
 * Checks the key in the folder `data` of a server.
 * @throws {Error} if it is lost or damaged
 */
export async function checkServerKey(data: string): Promise<void> {
  await existingKey(data);
}

/** Returns the key, or undefined where none was ever made. @throws {Error} */
async function existingKey(data: string): Promise<X25519KeyPair | undefined> {
  const path = pathIn(data);
  const text = await onPath(path, () => readIfThere(path));
  if (text !== undefined) return parseKey(path, text);
  const version = await databaseVersion(data);
  if (version === undefined || version === 1) return undefined; // version 0.1 had no key
  throw new Error(
    `${path} is missing, and with another key no client would trust this server. Bring it back ` +
      "from a backup; if there is none, make a new one: messaging-server renew-key",
  );
}

function pathIn(data: string): string {
  return `${data}/${FILE}`;
}

/**
 * Makes a new key for the server in the folder `data`, which must not run. What `server.key` held
 * before is kept in `server.key.old`.
 */
export async function renewServerKey(data: string): Promise<X25519KeyPair> {
  const path = `${data}/${FILE}`;
  if (await isThere(path)) await Deno.rename(path, `${path}.old`);
  return parseKey(path, await makeKey(data, path));
}

function parseKey(path: string, content: string): X25519KeyPair {
  const text = content.trim();
  if (text.length !== 2 * X25519_SIZE || /[^0-9a-f]/i.test(text)) {
    throw new Error(
      `${path} does not hold a key. Bring it back from a backup; with a new key no client ` +
        "would trust this server any more",
    );
  }
  const secret = fromHex(text);
  const key = new X25519KeyPair(secret);
  secret.fill(0);
  return key;
}

/** Creates a key and returns what the file holds then: that of another process if it was faster. */
async function makeKey(data: string, path: string): Promise<string> {
  const secret = generateX25519Secret();
  const draft = `${path}.${crypto.randomUUID()}.new`;
  try {
    {
      using file = await Deno.open(draft, { write: true, createNew: true, mode: 0o600 });
      await writeAll(file, utf8(`${toHex(secret)}\n`));
      await file.sync();
    }
    // A link never replaces a file, and what it makes is whole.
    await Deno.link(draft, path).catch((error) => {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    });
  } finally {
    secret.fill(0);
    await Deno.remove(draft).catch(() => {});
  }
  await syncFolder(data);
  return await Deno.readTextFile(path);
}

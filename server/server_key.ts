/** The server's static key: what proves to clients, year after year, that it is the same server. */
import { fromHex, toHex, utf8 } from "../shared/bytes.ts";
import { generateX25519Secret, X25519_SIZE, X25519KeyPair } from "../shared/crypto/x25519.ts";
import { writeAll } from "../shared/io.ts";
import { isThere, readIfThere, syncFolder } from "../shared/files.ts";

const FILE = "server.key";
/** Beside which a missing key is a lost one. */
const DATABASE = "server.db";
/** Where SQLite keeps the version of the schema, big-endian (its file format, section 1.3). */
const SCHEMA_VERSION = 60;

/**
 * Returns the key in the file `server.key` of the folder `data`: an X25519 secret of 32 bytes, in
 * hex. Creates it on the first run, for its owner alone.
 * @throws {Error} if it is lost, or the file holds something else
 */
export async function openServerKey(data: string): Promise<X25519KeyPair> {
  const path = `${data}/${FILE}`;
  const text = await readIfThere(path);
  if (text === undefined && await hadKey(`${data}/${DATABASE}`)) {
    throw new Error(
      `${path} is missing, and with another key no client would trust this server. Bring it back ` +
        "from a backup; if there is none, make a new one: messaging-server renew-key",
    );
  }
  return parseKey(path, text ?? await makeKey(data, path));
}

/**
 * Returns the key in the folder `data`, and never makes one.
 * @throws {Error} if there is none, or it is damaged
 */
export async function readServerKey(data: string): Promise<X25519KeyPair> {
  const path = `${data}/${FILE}`;
  const text = await readIfThere(path);
  if (text !== undefined) return parseKey(path, text);
  if (await isThere(`${data}/${DATABASE}`)) {
    throw new Error(`${path} is missing; bring it back from a backup`);
  }
  throw new Error(
    `no server keeps its data in ${data}. Is --data right? A server makes its key at its first ` +
      "start, and prints it then",
  );
}

/**
 * Makes the key of a folder that a server of version 0.1 left, as the first start does. Whoever
 * brings such a folder up to date does so before: afterwards a missing key is a lost one.
 */
export async function makeKeyOfOldFolder(data: string): Promise<void> {
  const database = `${data}/${DATABASE}`;
  if (await isThere(database) && !await hadKey(database)) await openServerKey(data);
}

/** Returns what is wrong with the key in the folder `data` of a server, or undefined. */
export async function keyProblem(data: string): Promise<string | undefined> {
  if (!await isThere(`${data}/${FILE}`) && !await hadKey(`${data}/${DATABASE}`)) return undefined;
  return await readServerKey(data).then(() => undefined, (error) => error.message);
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

/** Reports whether the server with this database had a key. Version 0.1 had none. */
async function hadKey(database: string): Promise<boolean> {
  if (!await isThere(database)) return false;
  using file = await Deno.open(database, { read: true });
  const header = new Uint8Array(SCHEMA_VERSION + 4);
  const size = await file.read(header);
  return size !== header.length || new DataView(header.buffer).getUint32(SCHEMA_VERSION) !== 1;
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

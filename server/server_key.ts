/** The server's static key: what proves to clients, year after year, that it is the same server. */
import { fromHex, toHex, utf8 } from "../shared/bytes.ts";
import { generateX25519Secret, X25519_SIZE, X25519KeyPair } from "../shared/crypto/x25519.ts";
import { writeAll } from "../shared/io.ts";
import { readIfThere, syncFolder } from "../shared/files.ts";

/**
 * Returns the key in the file `server.key` of the folder `data`: an X25519 secret of 32 bytes, in
 * hex. Creates it the first time, for its owner alone.
 * @throws {Error} if the file holds something else
 */
export async function openServerKey(data: string): Promise<X25519KeyPair> {
  const path = `${data}/server.key`;
  const text = (await readIfThere(path) ?? await makeKey(data, path)).trim();
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

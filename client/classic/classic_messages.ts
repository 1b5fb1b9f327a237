/** Opening what classic clients send: with whichever of the shared keys fits. */
import type { Bytes } from "../../shared/bytes.ts";
import { BLOCK_SIZE, cbcDecryptStream, decryptCbc } from "../../shared/crypto/classic/aes_cbc.ts";
import { decryptText, unwrapSymmetricKey } from "../../shared/crypto/classic/classic.ts";
import { CryptoError } from "../../shared/errors.ts";
import { readEnd, readFile } from "../disk/files.ts";
import type { Profile } from "../profile/profile.ts";

export class ClassicMessages {
  readonly #profile: Profile;

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  /**
   * Takes a key that came from this client; what is sent to it is encrypted with it from now on.
   * @throws {CryptoError} `decrypt-failed`, `bad-key` where our own private key cannot be used
   */
  async openKey(from: Bytes, content: Bytes): Promise<void> {
    const { keys, identity } = this.#profile;
    if (!("privateKey" in identity)) {
      throw new CryptoError("decrypt-failed", "a secure profile has no key for this");
    }
    const key = await unwrapSymmetricKey(identity.privateKey, content);
    keys.put(from, key, { own: false });
    keys.sendWith(from, key);
  }

  /** @throws {CryptoError} `decrypt-failed` where no key fits */
  async openText(from: Bytes, content: Bytes): Promise<string> {
    const keys = this.#profile.keys.all(from);
    return await this.#withFitting(keys, from, (key) => decryptText(key, content));
  }

  /**
   * Decrypts the file at `path`. `save` takes the plaintext, perhaps more than once, and must undo
   * what it did where that fails in the end; gives what it gave.
   * @throws {CryptoError} `decrypt-failed` where no key fits
   */
  async openFile<T>(
    from: Bytes,
    path: string,
    save: (plaintext: ReadableStream<Uint8Array>) => Promise<T>,
  ): Promise<T> {
    return await this.#withFitting(await this.#keysForFile(from, path), from, (key) => {
      return save(ReadableStream.from(readFile(path)).pipeThrough(cbcDecryptStream(key)));
    });
  }

  /**
   * The keys of this sender that the end of the file fits, seen by its padding; those that give the
   * most padding first, as one wrong key in 256 gives one byte of it, and one in 65,536 two.
   */
  async #keysForFile(from: Bytes, path: string): Promise<Bytes[]> {
    const end = await readEnd(path, 2 * BLOCK_SIZE);
    const iv = end.length > BLOCK_SIZE ? end.slice(0, BLOCK_SIZE) : undefined;
    const fitting: { key: Bytes; rest: number }[] = [];
    for (const key of this.#profile.keys.all(from)) {
      try {
        fitting.push({ key, rest: (await decryptCbc(key, end.slice(-BLOCK_SIZE), iv)).length });
      } catch (error) {
        if (!(error instanceof CryptoError)) throw error;
      }
    }
    return fitting.sort((a, b) => a.rest - b.rest).map(({ key }) => key);
  }

  async #withFitting<T>(
    keys: readonly Bytes[],
    peer: Bytes,
    decrypt: (key: Bytes) => Promise<T>,
  ): Promise<T> {
    for (const key of keys) {
      try {
        const result = await decrypt(key);
        this.#profile.keys.used(peer, key);
        return result;
      } catch (error) {
        if (!(error instanceof CryptoError)) throw error;
      }
    }
    throw new CryptoError("decrypt-failed", "no key fits");
  }
}

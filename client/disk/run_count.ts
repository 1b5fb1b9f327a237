/**
 * How often a profile was used with its server, kept outside of the profile's folder, in the state
 * directory of the operating system. A profile that knows of fewer runs than that is an old copy:
 * no server can make it believe that.
 */
import { type Bytes, concat, toHex, utf8 } from "../../shared/bytes.ts";
import { sha256 } from "../../shared/crypto/hash.ts";
import { readIfThere } from "../../shared/files.ts";
import { createPrivateFolder, writePrivateFile } from "./private_file.ts";

export class RunCount {
  readonly #folder: string | undefined;
  readonly #path: string;

  /** `state` is the state directory; undefined where there is none, and then nothing is kept. */
  constructor(state: string | undefined, clientId: Bytes) {
    this.#folder = state === undefined ? undefined : `${state}/messaging-client`;
    const name = toHex(sha256(concat(utf8("messaging-client run count"), clientId)));
    this.#path = `${this.#folder}/${name.slice(0, 32)}`;
  }

  /** Returns the count; 0 if there is none, or it cannot be read. */
  async read(): Promise<number> {
    if (this.#folder === undefined) return 0;
    const text = await readIfThere(this.#path).catch(() => "");
    return /^[1-9][0-9]{0,14}\n$/.test(text ?? "") ? Number(text) : 0;
  }

  /** Keeps the count, if it can. */
  async write(count: number): Promise<void> {
    if (this.#folder === undefined) return;
    try {
      await createPrivateFolder(this.#folder);
      await writePrivateFile(this.#path, `${count}\n`);
    } catch {
      // Then an old copy shows later, by the messages that it cannot open.
    }
  }
}

import { PRIVATE_FILE } from "./files.ts";

/** Each number takes so many bytes, little-endian. */
const NUMBER_SIZE = 8;

/**
 * Numbers in a file that grows with each. They outlast a process that is killed, and not a power
 * failure: one costs a write, which is a tenth of what a transaction does.
 */
export class NumberLog {
  #file: Deno.FsFile | undefined;

  constructor(private readonly path: string) {}

  /** Returns the numbers that an earlier process wrote; one that it wrote in part is left out. */
  read(): number[] {
    const bytes = this.#bytes();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const length = Math.floor(bytes.length / NUMBER_SIZE);
    return Array.from({ length }, (_, i) => Number(view.getBigUint64(i * NUMBER_SIZE, true)));
  }

  #bytes(): Uint8Array {
    try {
      return Deno.readFileSync(this.path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return new Uint8Array(0);
      throw error;
    }
  }

  /** Adds a number to the file. Throws what the system throws. */
  add(number: number): void {
    this.#file ??= Deno.openSync(this.path, { append: true, create: true, mode: PRIVATE_FILE });
    const bytes = new Uint8Array(NUMBER_SIZE);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(number), true);
    const written = this.#file.writeSync(bytes);
    if (written === NUMBER_SIZE) return;
    this.#file.truncateSync(this.#file.statSync().size - written); // the next one begins there
    throw new Error("a number was written in part");
  }

  /** Takes all numbers out of the file. Throws what the system throws. */
  empty(): void {
    this.#file?.truncateSync(0);
  }

  /** Removes the file, if there is one. */
  remove(): void {
    this.#file?.close();
    this.#file = undefined;
    try {
      Deno.removeSync(this.path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/**
 * A backup as a file: a tar archive, each file of which is followed through by its SHA-256. The
 * last file, `SHA256SUMS`, has the sums as `sha256sum` reads them.
 */
import { createTarDecoder, createTarPacker } from "modern-tar";
import { type Bytes, equalBytes, toHex, utf8 } from "../../shared/bytes.ts";
import { Sha256 } from "../../shared/crypto/hash.ts";
import { MiB } from "../../shared/limits.ts";
import { SteadyFile } from "./steady_file.ts";

export const SUMS = "SHA256SUMS";

/** Bytes that are read at a time. */
const PIECE = MiB;

/** An archive that is being written. */
export class ArchiveWriter {
  readonly #packer = createTarPacker();
  readonly #written: Promise<void>;
  /** The lines of SHA256SUMS; 100 bytes for each file. */
  readonly #sums: string[] = [];

  /** The bytes go to `file`. */
  constructor(private readonly file: Deno.FsFile, private readonly time: Date) {
    this.#written = this.#write();
    this.#written.catch((error) => this.#packer.controller.error(error));
  }

  /** Adds a file of exactly `size` bytes. */
  async add(name: string, size: number, bytes: AsyncIterable<Bytes>): Promise<void> {
    const sum = new Sha256();
    const body = this.#packer.controller.add({ name, size, mode: 0o600, mtime: this.time });
    const writer = body.getWriter();
    try {
      for await (const piece of bytes) {
        sum.add(piece);
        await writer.write(piece);
      }
      await writer.close();
    } catch (error) {
      await writer.abort(error).catch(() => {});
      throw error;
    }
    this.#sums.push(sumLine(name, sum));
  }

  /** Adds the sums, and resolves when all is written. */
  async finish(): Promise<void> {
    const sums = utf8(this.#sums.join(""));
    await this.add(SUMS, sums.length, once(sums));
    this.#packer.controller.finalize();
    await this.#written;
  }

  /** Abandons the archive after a failure. */
  async abort(): Promise<void> {
    this.#packer.controller.error(new Error("given up"));
    await this.#written.catch(() => {});
  }

  async #write(): Promise<void> {
    const steady = new SteadyFile(this.file);
    for await (const piece of this.#packer.readable) await steady.write(piece);
  }
}

async function* once(bytes: Bytes): AsyncIterable<Bytes> {
  yield await bytes;
}

/** A file of an archive. */
export interface ArchiveEntry {
  readonly name: string;
  readonly size: number;
  /** To be read to the end before the next entry comes, or not at all. */
  readonly bytes: AsyncIterable<Bytes>;
}

/**
 * Returns the files of the archive in `file`, in their order, but {@link SUMS}, which is checked.
 * @throws {Error} if it is damaged, cut off, or holds other bytes than were put in
 */
export async function* readArchive(file: Deno.FsFile): AsyncIterable<ArchiveEntry> {
  const sums = new Sha256();
  let stated: Sha256 | undefined;
  const decoder = createTarDecoder({ strict: true });
  for await (
    const { header: { name, size }, body } of ReadableStream.from(pieces(file)).pipeThrough(decoder)
  ) {
    if (stated) throw new Error(`it goes on after ${SUMS}`);
    const sum = new Sha256();
    const bytes = tapped(body, sum);
    if (name === SUMS) stated = sum;
    else yield { name, size, bytes };
    for await (const _ of bytes); // what nobody has read
    if (!stated) sums.add(utf8(sumLine(name, sum)));
  }
  if (!stated) throw new Error(`its end is missing, with ${SUMS}`);
  if (!equalBytes(stated.done(), sums.done())) throw new Error("its bytes have changed");
}

/** Returns `bytes` as they come, and adds them to `sum`. */
async function* tapped(bytes: ReadableStream<Uint8Array>, sum: Sha256): AsyncIterable<Bytes> {
  for await (const piece of bytes) {
    sum.add(piece);
    yield piece as Bytes;
  }
}

/** Returns the bytes of `file` from where it stands, each piece in a buffer of its own. */
export async function* pieces(file: Deno.FsFile): AsyncIterable<Bytes> {
  for (;;) {
    const buffer = new Uint8Array(PIECE);
    const count = await file.read(buffer);
    if (count === null) return;
    yield buffer.subarray(0, count);
  }
}

/** Returns the line of a file in {@link SUMS}. */
function sumLine(name: string, sum: Sha256): string {
  return `${toHex(sum.done())}  ${name}\n`;
}

/** The two halves of a byte stream, as small as possible. */

/** Where bytes come from, such as a `Deno.Conn` or a `Deno.FsFile`. */
export interface ByteSource {
  /**
   * Waits for bytes and puts at most `into.length` of them at its start. Returns their number (at
   * least 1), or null at the end.
   */
  read(into: Uint8Array): Promise<number | null>;
}

/** A source whose bytes come in chunks, which it can also give away as they are. */
export interface ChunkedSource extends ByteSource {
  /** Waits for bytes and returns some, at least 1, in memory of their own; null at the end. */
  next(): Promise<Uint8Array<ArrayBuffer> | null>;
}

/** Where bytes go. */
export interface ByteSink {
  /** Writes all `bytes`; resolves when they may be reused and the next write may follow. */
  write(bytes: Uint8Array): Promise<void>;
}

/** A sink whose `write` may take only a part, like `Deno.Conn` and `Deno.FsFile`. */
export interface PartialWriter {
  write(bytes: Uint8Array): Promise<number>;
}

/** Writes all of `bytes` to `writer`, in as many steps as it takes. */
export async function writeAll(writer: PartialWriter, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) written += await writer.write(bytes.subarray(written));
}

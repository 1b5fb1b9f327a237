import { type PartialWriter, writeAll } from "../../shared/io.ts";

/** A stream of bytes in each direction. */
export interface Duplex {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/** Returns both ends of a stream inside this process. */
export function duplexPair(): [Duplex, Duplex] {
  const there = new TransformStream<Uint8Array, Uint8Array>();
  const back = new TransformStream<Uint8Array, Uint8Array>();
  return [
    { readable: back.readable, writable: there.writable },
    { readable: there.readable, writable: back.writable },
  ];
}

/** A connection, such as `Deno.Conn`. */
interface Connection extends PartialWriter {
  read(into: Uint8Array): Promise<number | null>;
  closeWrite(): Promise<void>;
}

/** Bytes that are read at a time. */
const PIECE = 64 * 1024;

/**
 * Returns the streams of a connection, of which each direction can end by itself: its own streams
 * close it at the first end. Whoever opened it closes it.
 */
export function connectionDuplex(conn: Connection): Duplex {
  const readable = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const buffer = new Uint8Array(PIECE);
      const count = await conn.read(buffer);
      if (count === null) controller.close();
      else controller.enqueue(buffer.subarray(0, count));
    },
  }, { highWaterMark: 0 });
  const writable = new WritableStream<Uint8Array>({
    write: (bytes) => writeAll(conn, bytes),
    close: () => conn.closeWrite(),
  });
  return { readable, writable };
}

/** Closes a connection, which may be closed already. */
export function closeAnyway(conn: { close(): void }): void {
  try {
    conn.close();
  } catch {
    // The other side, or a deadline, was faster.
  }
}

/**
 * Between web streams and the two halves of {@link ../io.ts}, in both directions. Nothing is read
 * before somebody asks for it, and a write is done when the write below is.
 */
import type { Bytes } from "../bytes.ts";
import type { ByteSink, ByteSource } from "../io.ts";
import { KiB } from "../limits.ts";

/** Size of the pieces of a {@link readableFrom}, for readers that bring no memory of their own. */
const PIECE_SIZE = 16 * KiB;

/** The bytes of `stream`, which is locked from now on. One read at a time. */
export function sourceFrom(stream: ReadableStream<Uint8Array>): ByteSource {
  const reader = stream.getReader();
  let piece: Uint8Array = new Uint8Array(0);
  return {
    async read(into) {
      while (piece.length === 0) {
        const next = await reader.read();
        if (next.done) return null;
        piece = next.value;
      }
      const part = piece.subarray(0, into.length);
      into.set(part);
      piece = piece.subarray(part.length);
      return part.length;
    },
  };
}

/** Writes to `stream`, which is locked from now on. The stream gets copies, as it may keep them. */
export function sinkFrom(stream: WritableStream<Uint8Array>): ByteSink {
  const writer = stream.getWriter();
  return { write: (bytes) => writer.write(bytes.slice()) };
}

/** A byte stream of what `source` brings. Cancelling it calls `cancel`. */
export function readableFrom(
  source: ByteSource,
  cancel?: (reason: unknown) => void | Promise<void>,
): ReadableStream<Bytes> {
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: PIECE_SIZE,
    async pull(controller) {
      const request = controller.byobRequest;
      const view = request?.view;
      if (!request || !view) throw new TypeError("the stream asked for no bytes");
      const into = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
      const count = await source.read(into);
      if (count === null) controller.close();
      request.respond(count ?? 0);
    },
    cancel,
  }, { highWaterMark: 0 });
}

/** What happens below when a stream is closed or aborted. */
export interface SinkEnds {
  close?: () => void | Promise<void>;
  abort?: (reason: unknown) => void | Promise<void>;
}

/** A stream into `sink`. */
export function writableTo(sink: ByteSink, { close, abort }: SinkEnds = {}): WritableStream<Bytes> {
  return new WritableStream({ write: (bytes) => sink.write(bytes), close, abort });
}

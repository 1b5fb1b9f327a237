import type { Bytes } from "../bytes.ts";
import type { ByteSink, ByteSource, ChunkedSource } from "../io.ts";
import type { HandshakeResult } from "./handshake.ts";
import { RecordReader } from "./record_reader.ts";
import { RecordWriter } from "./record_writer.ts";

/**
 * A duplex of bytes over another one, which carries them in records (`shared/PROTOCOL.md`). Nobody
 * on the way can read them. If someone changes, reorders, repeats or drops them, or cuts the stream
 * short, {@link read} fails.
 *
 * A broken record, or a failure of the source, breaks both directions: every later call rejects
 * with the same error, and the keys are forgotten. A failure of the sink breaks only the sending
 * direction, so that what the other side sent last can still be read. The caller opens and closes
 * the source and the sink.
 */
export class Channel implements ChunkedSource, ByteSink {
  /** 32 bytes that identify this conversation: a signature over them is worth nothing elsewhere. */
  readonly handshakeHash: Bytes;
  readonly #reader: RecordReader;
  readonly #writer: RecordWriter;

  /**
   * @param result the result of {@link Handshake.finish}
   * @param early bytes that arrived together with the last handshake message, behind it
   */
  constructor(
    result: HandshakeResult,
    source: ByteSource,
    sink: ByteSink,
    early: Uint8Array = new Uint8Array(0),
  ) {
    this.handshakeHash = result.hash;
    this.#writer = new RecordWriter(sink, result.send, (reason) => this.#reader.fail(reason));
    this.#reader = new RecordReader(
      source,
      result.receive,
      early,
      (reason) => this.#writer.fail(reason),
    );
  }

  /**
   * Waits for bytes and puts at most `into.length` of them at its start. Returns their number, or
   * null after the other side has ended its direction. One read at a time.
   *
   * Rejects with a {@link ProtocolError}: `truncated` if the source ends before that, `malformed`
   * for an impossible record. Rejects with a {@link CryptoError}: `decrypt-failed` for a record
   * that is not the other side's next one, `exhausted` after 2^40. And with the errors of the
   * source.
   */
  read(into: Uint8Array): Promise<number | null> {
    return this.#reader.read(into);
  }

  /** Waits for bytes and returns some, in memory of their own. The rest is as in {@link read}. */
  next(): Promise<Bytes | null> {
    return this.#reader.next();
  }

  /**
   * Sends all `bytes`; resolves when the sink has taken them. They must not change before that.
   * Several writes may be under way: they keep their order, and waiting ones share records.
   *
   * Rejects with a `TypeError` after {@link end}, with a {@link CryptoError} `exhausted` after 2^40
   * records, with the errors of the sink, and with the error that broke the other direction.
   */
  write(bytes: Uint8Array): Promise<void> {
    return this.#writer.write(bytes);
  }

  /**
   * Ends the sending direction after all that was written, so that the other side can distinguish
   * this from a cut connection. Reading goes on.
   */
  end(): Promise<void> {
    return this.#writer.end();
  }

  /** Gives up at once: all waiting and later calls reject with `reason`. */
  abort(reason: unknown): void {
    this.#reader.fail(reason);
    this.#writer.fail(reason);
  }
}

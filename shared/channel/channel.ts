/** The encrypted connection that a handshake leaves behind. */
import type { Bytes } from "../bytes.ts";
import type { ByteSink, ByteSource } from "../io.ts";
import type { HandshakeResult } from "./handshake.ts";
import { RecordReader } from "./record_reader.ts";
import { RecordWriter } from "./record_writer.ts";

/**
 * A duplex of bytes over another one, which carries them in records (`shared/PROTOCOL.md`). Nobody
 * on the way can read, change, reorder, repeat or drop them, or cut the stream short, without
 * {@link read} failing.
 *
 * What breaks the records, or the source itself, breaks both directions: every later call rejects
 * with the same error, and the keys are forgotten. A failure of the sink breaks the sending
 * direction alone, so that the other side's last words can still be read. Opening and closing what
 * lies below is the caller's.
 */
export class Channel implements ByteSource, ByteSink {
  /** 32 bytes that name this one conversation: a signature over them is worth nothing elsewhere. */
  readonly handshakeHash: Bytes;
  /** The static public key that the other side proved, or null where it proved none. */
  readonly remoteStatic: Bytes | null;
  readonly #reader: RecordReader;
  readonly #writer: RecordWriter;

  /** See {@link openChannel}. */
  constructor(result: HandshakeResult, source: ByteSource, sink: ByteSink, early: Uint8Array) {
    this.handshakeHash = result.hash;
    this.remoteStatic = result.remoteStatic;
    this.#writer = new RecordWriter(sink, result.send, (reason) => this.#reader.fail(reason));
    this.#reader = new RecordReader(
      source,
      result.receive,
      early,
      (reason) => this.#writer.fail(reason),
    );
  }

  /**
   * Waits for bytes and puts at most `into.length` of them at its start. Gives their number, or
   * null once the other side has ended its direction. One read at a time.
   *
   * Rejects with a {@link ProtocolError} `truncated` where the source ends without that, `malformed`
   * for a record that none can be; with a {@link CryptoError} `decrypt-failed` for one that is not
   * the next of the other side, `exhausted` after 2^40; and with whatever the source rejects with.
   */
  read(into: Uint8Array): Promise<number | null> {
    return this.#reader.read(into);
  }

  /**
   * Sends all of `bytes`; resolves when the sink has taken them, until when they must not change.
   * Writes may be issued side by side: they keep their order, and those that wait travel together.
   *
   * Rejects with a `TypeError` after {@link end}, with a {@link CryptoError} `exhausted` after 2^40
   * records, with whatever the sink rejects with, and with whatever broke the other direction.
   */
  write(bytes: Uint8Array): Promise<void> {
    return this.#writer.write(bytes);
  }

  /**
   * Ends the sending direction, after all that was written, so that the other side can tell this
   * from a cut connection. Reading goes on.
   */
  end(): Promise<void> {
    return this.#writer.end();
  }

  /** Gives up at once: what waits and all that follows rejects with `reason`. */
  abort(reason: unknown): void {
    this.#reader.fail(reason);
    this.#writer.fail(reason);
  }
}

/**
 * The channel that follows a handshake.
 * @param result what {@link Handshake.finish} gave
 * @param early bytes that came together with the last handshake message, behind it
 */
export function openChannel(
  result: HandshakeResult,
  source: ByteSource,
  sink: ByteSink,
  early: Uint8Array = new Uint8Array(0),
): Channel {
  return new Channel(result, source, sink, early);
}

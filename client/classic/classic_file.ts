/** A file as one message of the classic protocol. */
import type { Bytes } from "../../shared/bytes.ts";
import { cbcEncryptStream, cbcSize } from "../../shared/crypto/classic/aes_cbc.ts";
import { MAX_CONTENT_SIZE } from "../../shared/limits.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import { openFile } from "../disk/files.ts";
import { ClientError } from "../errors.ts";
import type { Transport } from "../network/transport.ts";
import { unlessInterrupted } from "../transfers/interrupt.ts";
import type { OnProgress, TransferOptions } from "../transfers/uploads.ts";

/** What is sent, to whom and under which key; a repeat of one with a `token` arrives once. */
interface ClassicFile {
  readonly to: Bytes;
  readonly key: Bytes;
  readonly path: string;
  readonly token?: Bytes;
}

/** @throws {ClientError} `file` if the file is too large for one message */
export function checkClassicSize(name: string, size: number): void {
  if (cbcSize(size) <= MAX_CONTENT_SIZE) return;
  throw new ClientError("file", `${name} is too large for a classic client: the limit is 1 GiB`);
}

/**
 * Encrypts a file while it goes to the server; returns its message ID.
 * @throws {ClientError} `file`, `interrupted`, and as the network does
 */
export async function sendClassicFile(
  transport: Transport,
  { to, key, path, token }: ClassicFile,
  { onProgress, signal }: TransferOptions,
): Promise<number> {
  const { size, content } = await openFile(path);
  let stream = content;
  try {
    if (onProgress) stream = stream.pipeThrough(reporting(size, onProgress));
    stream = stream.pipeThrough(cbcEncryptStream(key));
    const message = { to, type: MessageType.file, size: cbcSize(size), content: stream, token };
    return await unlessInterrupted(signal, transport.sendStream(message));
  } finally {
    await stream.cancel().catch(() => {}); // closes the file if sending did not
  }
}

function reporting(
  size: number,
  onProgress: OnProgress,
): TransformStream<Uint8Array, Uint8Array> {
  let done = 0;
  return new TransformStream({
    transform(chunk, controller) {
      controller.enqueue(chunk);
      done += chunk.length;
      onProgress(done, size);
    },
  });
}

/** Request 103: a message for another client, whose content may be larger than memory. */
import type { Bytes } from "../../shared/bytes.ts";
import { ProtocolError, StorageError } from "../../shared/errors.ts";
import { KiB } from "../../shared/limits.ts";
import type { SendPrefix } from "../../shared/protocol/classic/requests.ts";
import type { SecureReply } from "../../shared/protocol/secure/requests.ts";
import type { BlobWriter } from "../contents/blob_store.ts";
import type { Payload } from "../wire/payload.ts";
import type { Services } from "../services.ts";
import type { Content } from "../storage/storage.ts";

/** What moves from the socket to the disk in one step. */
const STEP = 256 * KiB;

/**
 * Stores the message of `from` whose content is what is left of `payload`. A message with a token
 * that was stored before is not stored again.
 * @throws {StorageError} `unknown-client`, `mailbox-full`, `failed`
 * @throws {ProtocolError} `too-large`
 */
export async function sendMessage(
  { to, type, size, token }: SendPrefix & { token?: Bytes },
  payload: Payload,
  from: Bytes,
  { storage, blobs, limits }: Services,
): Promise<SecureReply<"send">> {
  if (size > limits.maxContentSize) {
    throw new ProtocolError("too-large", `a content of ${size} bytes is over the limit`);
  }
  const deposit = (content: Content) => storage.deposit({ from, to, type, content, token });

  if (size <= limits.maxInlineSize) {
    const inline = new Uint8Array(size);
    await payload.fill(inline);
    return { kind: "sent", to, messageId: (await deposit({ inline })).messageId };
  }
  if (!await storage.client(to)) throw new StorageError("unknown-client", "no client has this ID");
  const blob = await blobs.create();
  try {
    await copy(payload, blob);
    const { messageId, repeated } = await deposit({ blob: await blob.commit(), size });
    if (repeated) await blob.abort();
    return { kind: "sent", to, messageId };
  } catch (error) {
    await blob.abort();
    throw error;
  }
}

/** Moves what is left of `payload` to `blob`: one step is read while the one before is written. */
async function copy(payload: Payload, blob: BlobWriter): Promise<void> {
  let reading: Bytes = new Uint8Array(STEP);
  let spare: Bytes = new Uint8Array(STEP);
  let writing: Promise<void> = Promise.resolve();
  try {
    while (payload.left > 0) {
      const step = reading.subarray(0, Math.min(STEP, payload.left));
      await payload.fill(step);
      await writing;
      writing = blob.write(step);
      writing.catch(() => {}); // awaited in the next step, or below
      [reading, spare] = [spare, reading];
    }
  } finally {
    await writing;
  }
}

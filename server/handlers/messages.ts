/** Requests 103, 104 and 106: messages, sent, fetched and forgotten. */
import type { Bytes } from "../../shared/bytes.ts";
import { claimsToBeSecure } from "../../shared/crypto/identity.ts";
import { ProtocolError } from "../../shared/errors.ts";
import { KiB, MAX_ENVELOPE_SIZE, MAX_U32 } from "../../shared/limits.ts";
import type { SendPrefix } from "../../shared/protocol/classic/requests.ts";
import type { SecureReply } from "../../shared/protocol/secure/requests.ts";
import type { BlobWriter } from "../contents/blob_store.ts";
import type { Disk } from "../limits/disk.ts";
import type { Limits } from "../limits/limits.ts";
import type { Services } from "../services.ts";
import type { Content, Incoming, StoredMessage } from "../storage/messages.ts";
import { known } from "../storage/storage.ts";
import { delivery } from "../wire/delivery.ts";
import type { Handler, Streamed } from "../wire/handler.ts";
import type { Payload } from "../wire/payload.ts";

/** What moves from the socket to the disk in one step. */
const STEP = 256 * KiB;

/** Stores a message that was read whole. */
export const sendInline: Handler<"send"> = async (
  { to, type, token, content: inline },
  from,
  { storage, limits },
) => {
  checkSize(inline.length, limits);
  const deposit = { from, to, type, content: { inline }, token };
  return { kind: "sent", to, messageId: (await storage.deposit(deposit)).messageId };
};

function checkSize(size: number, { maxContentSize }: Limits): void {
  if (size <= maxContentSize) return;
  throw new ProtocolError("too-large", `a content of ${size} bytes is over the limit`);
}

/**
 * Stores the message of `from` whose content, perhaps a large one, is the rest of `payload`. It
 * counts for `payer`, by default for `from`.
 */
export async function sendMessage(
  { to, type, size, token, payer }: SendPrefix & { token?: Bytes; payer?: Bytes },
  payload: Payload,
  from: Bytes,
  { storage, blobs, limits, disk }: Services,
): Promise<SecureReply<"send">> {
  checkSize(size, limits);
  const deposit = (content: Content, incoming?: Incoming) =>
    storage.deposit({ from, to, type, content, token, payer, incoming });

  if (size <= limits.maxInlineSize) {
    const inline = new Uint8Array(size);
    await payload.fill(inline);
    return { kind: "sent", to, messageId: (await deposit({ inline })).messageId };
  }
  const { publicKey } = known(await storage.client(to));
  // Its receiver would take it to the disk, and not open it.
  if (token && size > MAX_ENVELOPE_SIZE && claimsToBeSecure(publicKey)) {
    throw new ProtocolError("too-large", `an envelope of ${size} bytes is over the limit`);
  }
  const incoming = await storage.receive({ from, to, token, payer, size });
  try {
    disk.check(size);
    const blob = await blobs.create();
    try {
      await copy(payload, blob, { incoming, disk });
      const { messageId, repeated } = await deposit({ blob: await blob.commit(), size }, incoming);
      if (repeated) await blob.abort();
      return { kind: "sent", to, messageId };
    } catch (error) {
      await blob.abort();
      throw error;
    }
  } finally {
    incoming.end();
  }
}

/**
 * Moves what is left of `payload` to `blob`, as long as quotas and disk take it: one step is read
 * while the one before is written.
 */
async function copy(
  payload: Payload,
  blob: BlobWriter,
  { incoming, disk }: { incoming: Incoming; disk: Disk },
): Promise<void> {
  let reading: Bytes = new Uint8Array(STEP);
  let spare: Bytes = new Uint8Array(STEP);
  let writing: Promise<void> = Promise.resolve();
  try {
    while (payload.left > 0) {
      const step = reading.subarray(0, Math.min(STEP, payload.left));
      await payload.fill(step);
      await incoming.add(step.length);
      await writing;
      disk.claim(step.length);
      writing = blob.write(step);
      writing.catch(() => {}); // awaited in the next step, or below
      [reading, spare] = [spare, reading];
    }
  } finally {
    await writing;
  }
}

/** As many messages behind number `after` as one response holds, at least one if any is. */
export const getMessages: Handler<"get-messages", Streamed> = async (
  { after },
  asker,
  services,
) => {
  const { storage, limits, blobs } = services;
  const room = { count: limits.maxDeliveryCount, size: MAX_U32 };
  const messages: StoredMessage[] = [];
  for (const message of await storage.heads(asker, after, room)) {
    const { blob, size } = message;
    if (blob === undefined) messages.push(message);
    else if (!await blobs.has(blob, size)) {
      messages.push(...await withoutContent(message, blob, asker, services));
    } else if (await blobs.isReadable(blob)) messages.push(message);
    else logUnreadable(blob, services);
  }
  return delivery(asker, messages, services);
};

/**
 * Returns a message of `mailbox` whose content is lost, without it: so its receiver knows, and can
 * ask for it again. Logs it once. Returns none if it was acknowledged meanwhile, on another
 * connection.
 */
export async function withoutContent<M extends StoredMessage>(
  message: M,
  blob: string,
  mailbox: Bytes,
  { storage, blobs, log }: Services,
): Promise<M[]> {
  const { messageId } = message;
  const [first] = await storage.heads(mailbox, messageId - 1, { count: 1, size: Infinity });
  if (first?.messageId !== messageId) return [];
  if (blobs.isNewlyLost(blob)) {
    log.error("A message goes without its content: file {blob} is damaged or gone", { blob });
  }
  return [{ ...message, blob: undefined, size: 0 }];
}

/** Tells the log, once, of a content that cannot be read now; its message waits, alone. */
export function logUnreadable(blob: string, { blobs, log }: Services): void {
  if (!blobs.isNewlyLost(blob)) return;
  log.error("A message stays: file {blob} is unreadable", { blob });
}

/** Forgets messages that the asker has stored. */
export const acknowledge: Handler<"acknowledge"> = async ({ messageIds }, mailbox, services) => {
  // An empty one only shows that its sender is alive.
  if (messageIds.length > 0) {
    const unneeded = await services.storage.acknowledge(mailbox, messageIds);
    await services.blobs.removeAll(unneeded, services.log);
  }
  return { kind: "acknowledged" };
};

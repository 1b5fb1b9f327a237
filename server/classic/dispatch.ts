/** From a request's header to the handler that answers it, and what must hold before one runs. */
import { claimsToBeSecure } from "../../shared/crypto/identity.ts";
import { ProtocolError, StorageError } from "../../shared/errors.ts";
import {
  CLASSIC_REQUESTS,
  decodeRequestPayload,
  decodeSendPrefix,
  SEND_PREFIX_SIZE,
} from "../../shared/protocol/classic/requests.ts";
import type { ResponseBody } from "../../shared/protocol/classic/responses.ts";
import type { RequestHeader } from "../../shared/protocol/frame.ts";
import type { Delivery } from "../wire/delivery.ts";
import type { Listing } from "../wire/listing.ts";
import { clientList } from "../handlers/client_list.ts";
import { getMessages } from "../handlers/get_messages.ts";
import { publicKey } from "../handlers/public_key.ts";
import { register } from "./register.ts";
import { sendMessage } from "../handlers/send_message.ts";
import type { Payload } from "../wire/payload.ts";
import { Refusal } from "../wire/refusals.ts";
import type { Services } from "../services.ts";

/** What a request is answered with: whole, or something that is written piece by piece. */
export type Reply = ResponseBody | Delivery | Listing;

/**
 * Reads and answers one classic request. What it leaves of `payload` belongs to a refused content.
 * @throws {ProtocolError} for what the protocol does not allow
 * @throws {StorageError} for what the stored state does not allow; nothing was changed
 */
export async function dispatch(
  header: RequestHeader,
  payload: Payload,
  services: Services,
): Promise<Reply> {
  CLASSIC_REQUESTS.checkSize(header);
  if (header.code === CLASSIC_REQUESTS.of.send.code) {
    const prefix = decodeSendPrefix(await payload.read(SEND_PREFIX_SIZE), header.size);
    await checkAsker(header, services);
    return await sendMessage({ clientId: header.clientId, ...prefix }, payload, services);
  }
  const request = decodeRequestPayload(header, await payload.read(header.size));
  if (request.kind === "register") return await register(request, services);
  await checkAsker(header, services);
  switch (request.kind) {
    case "client-list":
      return await clientList(request, "classic", services);
    case "public-key":
      return await publicKey(request, services);
    case "get-messages":
      return await getMessages(request, services);
    default:
      throw new ProtocolError("unsupported", `request code ${header.code} is unknown`);
  }
}

/**
 * Every ID in a header must be that of some client. The original client puts another one's than its
 * own into request 102, so no more than this can be asked of it. Nobody
 * acts for a secure client here: security belongs to the identity.
 */
async function checkAsker(
  { clientId, code }: RequestHeader,
  { storage }: Services,
): Promise<void> {
  const asker = await storage.client(clientId);
  if (!asker) throw new StorageError("unknown-client", "no client has this ID");
  const actsForIt = code === CLASSIC_REQUESTS.of.send.code ||
    code === CLASSIC_REQUESTS.of["get-messages"].code;
  if (actsForIt && claimsToBeSecure(asker.publicKey)) {
    throw new Refusal("forbidden", "a secure client is served on a secure channel alone");
  }
}

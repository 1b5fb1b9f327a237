/** From a secure request's header to the handler that answers it, and what must hold before. */
import type { RequestHeader } from "../../shared/protocol/frame.ts";
import {
  decodeSecureSendPrefix,
  SECURE_SEND_PREFIX_SIZE,
} from "../../shared/protocol/secure/messages.ts";
import {
  checkSecureHeader,
  decodeSecureRequest,
  SECURE_REQUESTS,
} from "../../shared/protocol/secure/requests.ts";
import type { SecureResponse } from "../../shared/protocol/secure/responses.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import type { Waiting } from "../wire/delivery.ts";
import { acknowledge } from "../handlers/acknowledge.ts";
import { checkIn } from "../handlers/check_in.ts";
import { clientList } from "../handlers/client_list.ts";
import { fetchPrekeys } from "../handlers/fetch_prekeys.ts";
import { fileState } from "../handlers/file_state.ts";
import { type ChunkFrame, getChunk } from "../handlers/get_chunk.ts";
import { getWaiting } from "../handlers/get_messages.ts";
import { login } from "./login.ts";
import { openUpload } from "../handlers/open_upload.ts";
import { publicKey } from "../handlers/public_key.ts";
import { publishPrekeys } from "../handlers/publish_prekeys.ts";
import { putChunk } from "../handlers/put_chunk.ts";
import { registerSecure } from "../handlers/register_secure.ts";
import { releaseFile } from "../handlers/release_file.ts";
import { sendMessage } from "../handlers/send_message.ts";
import { shareFile } from "../handlers/share_file.ts";
import type { Listing } from "../wire/listing.ts";
import type { Limits } from "../limits/limits.ts";
import type { Payload } from "../wire/payload.ts";
import { checkHeaderId, Refusal } from "../wire/refusals.ts";
import type { SecurePeer } from "./secure_session.ts";
import type { Services } from "../services.ts";

const { of } = SECURE_REQUESTS;

/** What a request is answered with: whole, or something that is written piece by piece. */
export type SecureReply =
  | Exclude<SecureResponse, { kind: "client-list" | "messages" | "push" | "chunk" }>
  | ChunkFrame
  | Waiting
  | Listing;

/**
 * Reads and answers one request. Calls `consumed` once its payload is needed no more; what is left
 * of it then belongs to a refused request.
 * @throws {Refusal} for what `peer` may not do, or not yet
 * @throws {ProtocolError} for what the protocol does not allow
 * @throws {StorageError} for what the stored state does not allow; nothing was changed
 */
export async function dispatchSecure(
  header: RequestHeader,
  payload: Payload,
  peer: SecurePeer,
  services: Services,
  consumed: () => void,
): Promise<SecureReply> {
  const { code } = header;
  if (code === of.login.code) {
    checkSecureHeader(header);
    const request = decodeSecureRequest(header, await payload.read(header.size));
    if (request.kind === "login") return await login(header, request, peer, services);
  }
  const identity = checkAllowed(header, peer);
  checkSecureHeader(header);
  if (code === of.send.code) {
    const prefix = await payload.read(SECURE_SEND_PREFIX_SIZE);
    const message = decodeSecureSendPrefix(prefix, header.size);
    const from = { clientId: identity.clientId };
    return await sendMessage({ ...from, ...message }, payload, services, consumed);
  }
  if (code === of["put-chunk"].code) {
    return await putChunk(payload, identity.clientId, services, consumed);
  }
  const request = decodeSecureRequest(header, await readWhole(header, payload));
  consumed();
  switch (request.kind) {
    case "register": {
      const response = await registerSecure(request, identity, services);
      peer.registered = true;
      return response;
    }
    case "client-list":
      return await clientList({ clientId: identity.clientId }, "secure", services);
    case "public-key":
      return await publicKey(request, services);
    case "get-messages":
      return await getWaiting({ clientId: identity.clientId, after: request.after }, services);
    case "subscribe":
      return { kind: "subscribed" };
    case "acknowledge":
      return await acknowledge(request, identity.clientId, services);
    case "publish-prekeys":
      return await publishPrekeys(request, identity.clientId, services);
    case "check-in":
      return await checkIn(request, identity.clientId, services);
    case "fetch-prekeys":
      return await fetchPrekeys(request, identity.clientId, services);
    case "open-upload":
      return await openUpload(request, identity.clientId, services);
    case "share":
      return await shareFile(request, identity.clientId, services);
    case "get-chunk":
      return await getChunk(request, identity.clientId, services);
    case "release":
      return await releaseFile(request, identity.clientId, services);
    case "file-state":
      return await fileState(request, identity.clientId, services);
    default:
      throw new Refusal("malformed", `request code ${code} is unknown`);
  }
}

/** Prekeys may take a slow client longer than one deadline, so each piece of them is progress. */
async function readWhole({ code, size }: RequestHeader, payload: Payload): Promise<Uint8Array> {
  if (code !== of["publish-prekeys"].code) return await payload.read(size);
  const bytes = new Uint8Array(size);
  await payload.fill(bytes);
  return bytes;
}

/** Whether a request needs no answer to those before it, see {@link ./secure_session.ts}. */
export function mayOverlap({ code, size }: RequestHeader, { maxInlineSize }: Limits): boolean {
  return code === of.acknowledge.code || isAboutChunk(code) ||
    code === of.send.code && size <= SECURE_SEND_PREFIX_SIZE + maxInlineSize;
}

/** Whether a request, or its answer, carries a chunk of a file. */
export function isAboutChunk(code: number): boolean {
  return code === of["put-chunk"].code || code === of["get-chunk"].code;
}

/** What every request but the login must fulfil. Gives who asks. */
function checkAllowed({ code, clientId }: RequestHeader, peer: SecurePeer): Identity {
  const { identity, registered } = peer;
  if (!identity) throw new Refusal("unauthenticated", "log in first");
  checkHeaderId(clientId, identity);
  if (!registered && code !== of.register.code) {
    throw new Refusal("forbidden", "this identity is not registered; register first");
  }
  return identity;
}

/** Which handler answers which classic request, and what must hold before. */
import { type Bytes, utf8 } from "../../shared/bytes.ts";
import { hmacSha256 } from "../../shared/crypto/hash.ts";
import { claimsToBeSecure } from "../../shared/crypto/identity.ts";
import { ProtocolError } from "../../shared/errors.ts";
import {
  CLASSIC_REQUESTS,
  type ClassicReply,
  type ClassicRequestOf,
  decodeSendPrefix,
  type RequestBody,
  SEND_PREFIX_SIZE,
} from "../../shared/protocol/classic/requests.ts";
import { CLIENT_ID_SIZE } from "../../shared/limits.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import type { RequestHeader } from "../../shared/protocol/frame.ts";
import { sendMessage } from "../handlers/messages.ts";
import { registerNew } from "../handlers/registration.ts";
import type { PeerAddress } from "../limits/peer_address.ts";
import type { Services } from "../services.ts";
import { known } from "../storage/storage.ts";
import { Refusal } from "../wire/error_replies.ts";
import type { Streamed } from "../wire/handler.ts";
import { draw, UNKNOWN_ANSWER } from "../wire/pace.ts";
import type { Payload } from "../wire/payload.ts";
import type { SessionLink } from "../wire/session_link.ts";
import { listing } from "./client_list.ts";
import { type LeasedDelivery, leaseMessages } from "./lease_messages.ts";

type Kind = RequestBody["kind"];

/** The answer to a request that is not refused. */
export type Answer = ClassicReply<Kind> | Streamed | LeasedDelivery;

/** Whose ID the header must hold. A secure client is not classic: others must not act for it. */
type Asker = "anyone" | "client" | "classic-client";

/** How requests of kind `K` are answered. */
type Route<K extends Kind> =
  & { readonly from: Asker }
  & ({ readonly handle: Handle<ClassicRequestOf<K>> } | { readonly stream: Handle<Payload> });

type Handle<R> = (
  request: R,
  asker: Bytes,
  services: Services,
  address: PeerAddress,
) => Promise<Answer>;

const ROUTES: { readonly [K in Kind]: Route<K> } = {
  "register": { handle: register, from: "anyone" },
  "client-list": { handle: clientList, from: "client" },
  "public-key": { handle: publicKey, from: "client" },
  "send": { stream: send, from: "classic-client" },
  "get-messages": { handle: leaseMessages, from: "classic-client" },
};

/** The requests that look up clients. */
const LOOKUPS: readonly Kind[] = ["client-list", "public-key"];
/** Those whose answers may be large: they wait for their turn, see `Turns`. */
const PAGES: readonly Kind[] = ["client-list", "get-messages"];

/**
 * Reads and answers one request. What it leaves of `payload` belongs to a refused request.
 * @throws {ProtocolError} for what the protocol does not allow
 * @throws {StorageError} for what the stored state does not allow; nothing was changed
 * @throws {Refusal} for what a secure client must do on a secure channel
 */
export async function dispatch(
  header: RequestHeader,
  payload: Payload,
  link: Pick<SessionLink, "address" | "turn">,
  services: Services,
): Promise<Answer> {
  const { address } = link;
  const { kind } = CLASSIC_REQUESTS.checkSize(header);
  const route = ROUTES[kind] as Route<Kind>;
  if (!address.exempt) {
    const lookup = LOOKUPS.includes(kind);
    const bytes = PAGES.includes(kind) ? UNKNOWN_ANSWER : header.size;
    draw(address.key, { requests: 1, bytes, lookup }, services.rates);
  }
  if (PAGES.includes(kind)) await link.turn(address.key);
  const { clientId } = header;
  await checkAsker(clientId, route.from, services);
  if ("stream" in route) return await route.stream(payload, clientId, services, address);
  const request = CLASSIC_REQUESTS.decode(header, await payload.readAll());
  return await route.handle(request, clientId, services, address);
}

/** Request 100. */
async function register(
  { name, publicKey }: ClassicRequestOf<"register">,
  _asker: Bytes,
  services: Services,
  address: PeerAddress,
): Promise<Answer> {
  if (claimsToBeSecure(publicKey)) {
    throw new Refusal("forbidden", "a secure client registers on a secure channel");
  }
  const clientId = services.random(CLIENT_ID_SIZE);
  await registerNew({ id: clientId, name, publicKey }, undefined, address, services);
  return { kind: "registered", clientId };
}

/** Request 101. */
async function clientList(_request: unknown, asker: Bytes, services: Services): Promise<Answer> {
  const { storage, directory } = services;
  if (!directory) throw new Refusal("forbidden", "this server does not list its clients");
  return listing(await storage.clientsExcept(asker));
}

/** Request 102. */
async function publicKey(
  { target }: ClassicRequestOf<"public-key">,
  _asker: Bytes,
  { storage }: Services,
): Promise<Answer> {
  const client = known(await storage.client(target));
  return { kind: "public-key", clientId: client.id, publicKey: client.publicKey };
}

/** Request 103. */
async function send(
  payload: Payload,
  asker: Bytes,
  services: Services,
  address: PeerAddress,
): Promise<Answer> {
  const size = payload.left;
  const prefix = decodeSendPrefix(await payload.read(SEND_PREFIX_SIZE), size);
  if (prefix.type === MessageType.keyRequest && prefix.size > 0) {
    throw new ProtocolError("malformed", "a request for a key has no content");
  }
  const payer = payerAt(address, services);
  return await sendMessage({ ...prefix, payer }, payload, asker, services);
}

/**
 * Returns for whom a classic message counts: for its address, as anyone can claim any ID, and could
 * use up the quota of another. The address itself is not kept: nobody else can compute the result.
 * Behind an address that is exempt there are many; there it is the ID, by undefined.
 */
function payerAt({ key, exempt }: PeerAddress, { payerKey }: Services): Bytes | undefined {
  return exempt ? undefined : hmacSha256(payerKey, utf8(key)).slice(0, CLIENT_ID_SIZE);
}

/**
 * Checks that the ID in a header is that of a client which may ask. The original client puts
 * another client's ID into request 102, so no more than this can be asked of it.
 */
async function checkAsker(clientId: Bytes, from: Asker, { storage }: Services): Promise<void> {
  if (from === "anyone") return;
  const asker = known(await storage.client(clientId));
  if (from === "classic-client" && claimsToBeSecure(asker.publicKey)) {
    throw new Refusal("forbidden", "a secure client is served on a secure channel alone");
  }
}

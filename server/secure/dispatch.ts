/** Which handler answers which secure request, and what must hold before. */
import type { Bytes } from "../../shared/bytes.ts";
import type { RequestHeader } from "../../shared/protocol/frame.ts";
import {
  decodeSecureSendPrefix,
  SECURE_SEND_PREFIX_SIZE,
} from "../../shared/protocol/secure/messages.ts";
import {
  checkSecureHeader,
  decodeSecureRequest,
  type RequestOf,
  SECURE_REQUESTS,
  type SecureReply,
  type SecureRequestKind,
} from "../../shared/protocol/secure/requests.ts";
import { findClients, findName, listClients } from "../handlers/directory.ts";
import {
  type ChunkFrame,
  fileState,
  getChunk,
  openUpload,
  putChunk,
  releaseFile,
  shareFile,
} from "../handlers/files.ts";
import { acknowledge, getMessages, sendInline, sendMessage } from "../handlers/messages.ts";
import { checkIn, fetchPrekeys, publishPrekeys } from "../handlers/prekeys.ts";
import { FILE_CHUNK_SIZE, KiB } from "../../shared/limits.ts";
import type { Limits } from "../limits/limits.ts";
import type { Services } from "../services.ts";
import { Refusal } from "../wire/error_replies.ts";
import type { Streamed } from "../wire/handler.ts";
import { DELIVERY_MEMORY, PAGE_MEMORY, REQUEST_MEMORY, STREAM_MEMORY } from "../wire/memory.ts";
import { draw, type Drawn, UNKNOWN_ANSWER } from "../wire/pace.ts";
import { Payload } from "../wire/payload.ts";
import { checkHeaderId, login, register, type SecurePeer, unregister } from "./account.ts";

type Kind = SecureRequestKind;

/** A pool of the memory budget. */
export type Pool = "chunks" | "pages" | "requests";

/** What a request of kind `K` is answered with, if it is not refused. */
export type Answer<K extends Kind = Kind> = SecureReply<K> | Streamed | ChunkFrame;

/** How requests of kind `K` are answered: after they were read whole, or as their payload comes. */
type Route<K extends Kind> =
  & {
    /** Who may ask: a registered client, unless said otherwise. */
    readonly from?: "anyone" | "logged-in";
    /** Whether the next request may be read before this one is answered: no, unless said so. */
    readonly overlaps?: (size: number, limits: Limits) => boolean;
    /** Whether the request or its answer carries a chunk of a file. */
    readonly carriesChunk?: true;
    /** What it counts as, by the size of its payload, where that is more than one request. */
    readonly weight?: (size: number) => number;
    /** Whether it stores something of the asker's, who may have left on another channel. */
    readonly stores?: true;
    /** Whether it keeps others waiting for milliseconds: as it starts, or later in a commit. */
    readonly long?: "at-once" | "in-commit";
    /** Whether it looks up clients. */
    readonly lookup?: true;
    /** Bytes of memory that its answer needs until it is written, where that is a page. */
    readonly page?: number;
  }
  & ({ readonly handle: Handle<K, RequestOf<K>> } | {
    readonly stream: Handle<K, Payload>;
    /** Answers those that overlap, where these are read whole. */
    readonly handle?: Handle<K, RequestOf<K>>;
  });

type Handle<K extends Kind, R> = (
  request: R,
  asker: Bytes,
  services: Services,
  peer: SecurePeer,
) => Promise<Answer<K>>;

/** A chunk, and the records that carry it. */
const CHUNK_MEMORY = FILE_CHUNK_SIZE + 256 * KiB;

const always = () => true;

const ROUTES: { readonly [K in Kind]: Route<K> } = {
  "login": { handle: login, from: "anyone" },
  "register": { handle: register, from: "logged-in" },
  "unregister": { handle: unregister },
  "list-clients": { handle: listClients, lookup: true, long: "at-once", page: PAGE_MEMORY },
  "find-clients": { handle: findClients, lookup: true, long: "at-once", page: PAGE_MEMORY },
  "find-name": { handle: findName, lookup: true },
  "send": { handle: sendInline, stream: send, overlaps: isInline, stores: true },
  "get-messages": { handle: getMessages, long: "at-once", page: DELIVERY_MEMORY },
  "subscribe": { handle: () => Promise.resolve({ kind: "subscribed" }) },
  "acknowledge": { handle: acknowledge, overlaps: always, weight: messageIdsIn },
  "publish-prekeys": { handle: publishPrekeys, long: "in-commit" },
  "check-in": { handle: checkIn },
  "fetch-prekeys": { handle: fetchPrekeys },
  "open-upload": { handle: openUpload, stores: true },
  "put-chunk": { stream: putChunk, overlaps: always, carriesChunk: true },
  "share": { handle: shareFile, long: "at-once" },
  "get-chunk": { handle: getChunk, overlaps: always, carriesChunk: true },
  "release": { handle: releaseFile },
  "file-state": { handle: fileState },
};

function messageIdsIn(size: number): number {
  return Math.max(1, size / 4);
}

function isInline(size: number, { maxInlineSize }: Limits): boolean {
  return size <= SECURE_SEND_PREFIX_SIZE + maxInlineSize;
}

async function send(payload: Payload, asker: Bytes, services: Services) {
  const size = payload.left;
  const prefix = decodeSecureSendPrefix(await payload.read(SECURE_SEND_PREFIX_SIZE), size);
  return await sendMessage(prefix, payload, asker, services);
}

/** Returns what the session must know before it has a request answered. */
export function trafficOf({ code, size }: RequestHeader, limits: Limits) {
  const route = routeOf(code);
  const { overlaps, carriesChunk = false, page } = route ?? {};
  const streams = route !== undefined && streamOf(route, size, limits) !== undefined;
  const pool: Pool = carriesChunk || streams ? "chunks" : page ? "pages" : "requests";
  return {
    overlaps: overlaps?.(size, limits) ?? false,
    carriesChunk,
    /** Whether its payload is not read whole before it is answered. */
    streams,
    pool,
    memory: carriesChunk ? CHUNK_MEMORY : page ?? Math.min(size, STREAM_MEMORY) + REQUEST_MEMORY,
  };
}

/**
 * Reports whether a request that is answered now has something looked up before it is under way:
 * the next one, for which the same is known then, could overtake it.
 */
export function looksUp(
  { code }: RequestHeader,
  peer: SecurePeer,
  { remains }: Services,
): boolean {
  return routeOf(code)?.stores === true && peer.departures !== remains.departures;
}

/**
 * Answers one request, whose payload is read here unless it is there whole. What it leaves of it
 * belongs to a refused request. Calls `onBegun` as soon as what was read whole is under way: behind
 * all that was before, and ahead of all that comes next.
 * @throws {Refusal} for what `peer` may not do, or not yet
 * @throws {ProtocolError} for what the protocol does not allow
 * @throws {StorageError} for what the stored state does not allow; nothing was changed
 */
export async function dispatch(
  header: RequestHeader,
  payload: Bytes | Payload,
  peer: SecurePeer,
  services: Services,
  onBegun: () => void,
): Promise<Answer> {
  const asker = checkAllowed(header, peer);
  const route = ROUTES[checkSecureHeader(header)] as Route<Kind>;
  if (peer.key !== null) draw(peer.key, costOf(header, route), services.rates);
  if (looksUp(header, peer, services)) await checkStays(asker, peer, services);
  if (payload instanceof Payload) {
    const stream = streamOf(route, header.size, services.limits);
    if (stream) return await stream(payload, asker, services, peer);
  }
  const bytes = payload instanceof Payload ? await payload.readAll() : payload;
  const request = decodeSecureRequest(header, bytes);
  const handle = () => route.handle!(request, asker, services, peer);
  if (route.long === "in-commit") return await peer.inTurn(peer.key ?? "", handle);
  if (route.long === "at-once") await peer.inTurn(peer.key ?? "", () => Promise.resolve());
  const answer = handle();
  onBegun();
  return await answer;
}

/** Returns what answers a request as its payload comes; undefined if that is read whole. */
function streamOf(route: Route<Kind>, size: number, limits: Limits) {
  if (!("stream" in route)) return undefined;
  return route.handle && route.overlaps?.(size, limits) ? undefined : route.stream;
}

/** Checks that a client has not left on another channel since it was last looked up. */
async function checkStays(
  asker: Bytes,
  peer: SecurePeer,
  { storage, remains }: Services,
): Promise<void> {
  const { departures } = remains;
  if (!await storage.client(asker)) throw notRegistered();
  peer.departures = departures;
}

function notRegistered(): Refusal {
  return new Refusal("forbidden", "this identity is not registered; register first");
}

function costOf(
  { size }: RequestHeader,
  { weight, lookup, carriesChunk, page }: Route<Kind>,
): Drawn {
  const answer = page === undefined ? 0 : UNKNOWN_ANSWER;
  return {
    requests: weight?.(size) ?? 1,
    bytes: carriesChunk ? FILE_CHUNK_SIZE : Math.max(size, answer),
    lookup: lookup ?? false,
  };
}

/** Checks that `peer` may make this request. Returns who asks; for a login, who claims to. */
function checkAllowed({ code, clientId }: RequestHeader, peer: SecurePeer): Bytes {
  const from = routeOf(code)?.from;
  if (from === "anyone") return clientId;
  const { identity, registered } = peer;
  if (!identity) throw new Refusal("unauthenticated", "log in first");
  checkHeaderId(clientId, identity);
  if (!registered && from !== "logged-in") throw notRegistered();
  return identity.clientId;
}

function routeOf(code: number): Route<Kind> | undefined {
  const entry = SECURE_REQUESTS.find(code);
  return entry && ROUTES[entry.kind] as Route<Kind>;
}

/** Requests 112, 100 and 114 on a channel: who is at its other end, and is it a client. */
import { type Bytes, equalBytes, toHex } from "../../shared/bytes.ts";
import {
  checkSigned,
  type Identity,
  readIdentity,
  verifyLogin,
} from "../../shared/crypto/identity.ts";
import { CryptoError } from "../../shared/errors.ts";
import type { RequestOf, SecureReply } from "../../shared/protocol/secure/requests.ts";
import type { PeerAddress } from "../limits/peer_address.ts";
import type { Services } from "../services.ts";
import type { Client } from "../storage/storage.ts";
import { registerNew } from "../handlers/registration.ts";
import { Refusal } from "../wire/error_replies.ts";

/** After which a further connection of one identity may have a place, in milliseconds. */
const CONNECTIONS_RETRY = 10_000;

/** Who is at the other end of a channel. Filled by the login and the registration. */
export interface SecurePeer {
  /** 32 bytes that name the channel. */
  readonly handshakeHash: Bytes;
  readonly address: PeerAddress;
  /** Does what takes long in a turn of a client, its ID in hex. */
  readonly inTurn: <T>(client: string, work: () => Promise<T>) => Promise<T>;
  /** Notes the login of an ID in hex; returns false if it may not have one more connection. */
  readonly admit: (identity: string) => boolean;
  /** What requests are checked against; the rest of it is not kept. */
  identity: Pick<Identity, "publicKey" | "clientId"> | null;
  /** Its ID in hex. */
  key: string | null;
  registered: boolean;
  /** What `RemainsRemover.departures` was when the storage last had this client; else -1. */
  departures: number;
}

/**
 * Checks that the ID in a header is zero or that of `identity`.
 * @throws {Refusal} `forbidden`
 */
export function checkHeaderId(
  clientId: Uint8Array,
  identity: Pick<Identity, "clientId">,
): void {
  if (!equalBytes(clientId, identity.clientId) && clientId.some((byte) => byte !== 0)) {
    throw new Refusal("forbidden", "the ID in the header is not the one that has logged in");
  }
}

/**
 * Sets the identity of `peer`, which has signed this channel. `claimed` is the ID in the header.
 * @throws {Refusal} `unauthenticated`; `forbidden` if the channel has an identity
 */
export async function login(
  { publicKey, signature }: RequestOf<"login">,
  claimed: Bytes,
  { storage }: Services,
  peer: SecurePeer,
): Promise<SecureReply<"login">> {
  if (peer.identity) throw new Refusal("forbidden", "this channel has logged in before");
  const identity = orUnauthenticated(() => readIdentity(publicKey));
  if (!verifyLogin(identity, peer.handshakeHash, signature)) {
    throw new Refusal("unauthenticated", "the signature is not one for this channel");
  }
  const client = await storage.client(identity.clientId);
  // That of a client was checked before it became one.
  if (!client || !equalBytes(client.publicKey, publicKey)) {
    orUnauthenticated(() => checkSigned(identity));
  }
  checkHeaderId(claimed, identity);
  const key = toHex(identity.clientId);
  if (!peer.admit(key)) {
    const text = "this identity has too many connections; close one, or try again later";
    throw new Refusal("rate-limited", text, CONNECTIONS_RETRY, "identity-connections");
  }
  peer.identity = { publicKey, clientId: identity.clientId };
  peer.key = key;
  peer.registered = client !== undefined;
  return { kind: "logged-in", registered: peer.registered };
}

/** Returns what `read` returns. @throws {Refusal} `unauthenticated` for a key that is not valid */
function orUnauthenticated<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof CryptoError) throw new Refusal("unauthenticated", error.message);
    throw error;
  }
}

/**
 * Makes the identity that has logged in a client. A repeat, after an answer that got lost, gets
 * the same answer.
 * @throws {Refusal} `forbidden` for another key, or another name than before; and as
 * {@link registerNew}
 */
export async function register(
  { name, publicKey, invite }: RequestOf<"register">,
  clientId: Bytes,
  services: Services,
  peer: SecurePeer,
): Promise<SecureReply<"register">> {
  if (!peer.identity || !equalBytes(publicKey, peer.identity.publicKey)) {
    throw new Refusal("forbidden", "only the key that has logged in can be registered");
  }
  const client = await find({ id: clientId, name, publicKey }, invite, peer.address, services);
  if (client.name !== name) {
    throw new Refusal("forbidden", "this identity is registered under another name");
  }
  peer.registered = true;
  return { kind: "registered", clientId };
}

/**
 * Deletes the client: its name is free, and nobody finds it any more. What waits for it, and the
 * files that it sent, go in the background.
 */
export async function unregister(
  _request: RequestOf<"unregister">,
  clientId: Bytes,
  { storage, remains }: Services,
  peer: SecurePeer,
): Promise<SecureReply<"unregister">> {
  await storage.unregister(clientId);
  peer.registered = false;
  remains.remove();
  return { kind: "unregistered" };
}

/** Returns the client with the ID of `wanted`, which is stored if there is none. */
async function find(
  wanted: Client,
  invite: Bytes | undefined,
  address: PeerAddress,
  services: Services,
): Promise<Client> {
  const { storage } = services;
  const before = await storage.client(wanted.id);
  if (before) return before;
  try {
    await registerNew(wanted, invite, address, services);
    return wanted;
  } catch (error) {
    // A first attempt may still have been under way, on a connection that was lost.
    const meanwhile = await storage.client(wanted.id);
    if (meanwhile) return meanwhile;
    throw error;
  }
}

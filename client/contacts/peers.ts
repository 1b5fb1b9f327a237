import { type Bytes, equalBytes, toHex } from "../../shared/bytes.ts";
import {
  claimsToBeSecure,
  type Identity,
  secureClientId,
  verifyIdentity,
} from "../../shared/crypto/identity.ts";
import { CryptoError } from "../../shared/errors.ts";
import type { ClientEntry } from "../../shared/protocol/message.ts";
import { ClientError } from "../errors.ts";
import type { Profile } from "../profile/profile.ts";
import type { Network } from "../network/transport.ts";

/** A client as this profile sees it. */
export interface Peer extends ClientEntry {
  /** Whether it proves who it is. Undefined in a classic profile, to which nobody does. */
  authenticated?: boolean;
}

/** Finds other clients, by name or ID, and checks who they are. */
export class Peers {
  /** Verified identities by client ID in hex. */
  readonly #verified = new Map<string, Identity>();

  constructor(private readonly profile: Profile, private readonly network: Network) {}

  /**
   * Returns all other clients of the server.
   * @throws {ClientError} `wrong-identity` if the server returns another client's key
   */
  async list(): Promise<Peer[]> {
    const clients = await this.network.transport.clients();
    for (const client of clients) {
      if (client.publicKey) this.#checkKey(client, client.publicKey);
    }
    this.profile.contacts.put(clients);
    return clients.map((client) => this.known(client.id) ?? this.#peer(client));
  }

  /**
   * Checks that a key belongs to the ID of a secure client. Once seen as secure, a client stays so.
   * @throws {ClientError} `wrong-identity`
   */
  #checkKey({ id, name }: ClientEntry, publicKey: Bytes): void {
    const known = this.#knownKey(id);
    const mustBeSecure = known !== undefined && claimsToBeSecure(known);
    if (claimsToBeSecure(publicKey) ? equalBytes(secureClientId(publicKey), id) : !mustBeSecure) {
      return;
    }
    throw new ClientError(
      "wrong-identity",
      `the server gave a key for ${name} that is not ${name}'s: it does not belong to the ID ` +
        `${toHex(id)}. Do not trust this server`,
    );
  }

  /** Returns our own key, or that of a contact. The server has no say about our own ID. */
  #knownKey(id: Bytes): Bytes | undefined {
    const { secureIdentity, contacts } = this.profile;
    const isOwn = secureIdentity && equalBytes(id, secureIdentity.id);
    return isOwn ? secureIdentity.publicKey : contacts.publicKey(id);
  }

  /** Returns what this profile knows about a client. */
  #peer({ id, name }: ClientEntry): Peer {
    if (!this.profile.secureIdentity) return { id, name };
    const publicKey = this.#knownKey(id);
    return { id, name, authenticated: publicKey !== undefined && claimsToBeSecure(publicKey) };
  }

  /**
   * Returns the verified identity of a client; undefined if either side is classic.
   * @throws {ClientError} `wrong-identity`
   */
  async identityOf(peer: ClientEntry): Promise<Identity | undefined> {
    if (!this.profile.secureIdentity) return undefined;
    const publicKey = await this.publicKey(peer);
    if (!claimsToBeSecure(publicKey)) return undefined;
    const verified = this.#verified.get(toHex(peer.id));
    if (verified && equalBytes(verified.publicKey, publicKey)) return verified;
    try {
      const identity = await verifyIdentity(publicKey);
      this.#verified.set(toHex(peer.id), identity);
      return identity;
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error;
      const message = `the key of ${peer.name} is not one of a secure client: ${error.message}`;
      throw new ClientError("wrong-identity", message);
    }
  }

  /**
   * Returns the client with this name or alias.
   * @throws {ClientError} `unknown-name`
   */
  async named(name: string): Promise<Peer> {
    const known = this.profile.contacts.byName(name);
    if (known) return this.#peer(known);
    const found = (await this.list()).find((client) => client.name === name);
    if (found) return found;
    throw new ClientError(
      "unknown-name",
      name === this.profile.identity.name
        ? "that is your own name; messages go to other clients"
        : `no client is named "${name}"; see: messaging-client list`,
    );
  }

  /** Returns the client with this ID, without asking the server. */
  known(id: Bytes): Peer | undefined {
    const { identity, contacts } = this.profile;
    if (equalBytes(id, identity.id)) return this.#peer(identity);
    const contact = contacts.byId(id);
    return contact && this.#peer(contact);
  }

  /**
   * Returns the client with this ID. If it is unknown and the server does not list it, or `mayList`
   * is false, its ID serves as its name.
   */
  async withId(id: Bytes, { mayList = true }: { mayList?: boolean } = {}): Promise<Peer> {
    const known = this.known(id);
    if (known) return known;
    try {
      if (mayList) await this.list();
    } catch (error) {
      if (!(error instanceof ClientError) || error.code === "unreachable") throw error;
    }
    return this.known(id) ?? this.#peer({ id, name: toHex(id) });
  }

  /** Returns a client's public key, 160 bytes. */
  async publicKey(peer: ClientEntry): Promise<Bytes> {
    const known = this.#knownKey(peer.id);
    if (known) return known;
    const answer = await this.network.transport.publicKey(peer.id);
    if (equalBytes(answer.clientId, peer.id)) {
      this.#checkKey(peer, answer.publicKey);
      return answer.publicKey;
    }
    throw new ClientError("bad-response", "the server gave the public key of another client");
  }
}

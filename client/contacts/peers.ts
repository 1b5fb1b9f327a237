import { type Bytes, equalBytes, fromHex, toHex } from "../../shared/bytes.ts";
import {
  claimsToBeSecure,
  type Identity,
  secureClientId,
  verifyIdentity,
} from "../../shared/crypto/identity.ts";
import { CryptoError } from "../../shared/errors.ts";
import type { ClientEntry } from "../../shared/protocol/message.ts";
import { encodeName } from "../../shared/protocol/name.ts";
import { ClientError } from "../errors.ts";
import type { Profile } from "../profile/profile.ts";
import { OWN_NAME } from "./own_name.ts";
import type { ListedClient, Network } from "../network/transport.ts";

/** A client as this profile sees it. */
export interface Peer extends ClientEntry {
  /** Whether it proves who it is. Undefined in a classic profile, to which nobody does. */
  authenticated?: boolean;
}

const BY_ID = /^#[0-9a-f]{32}$/i;

/**
 * Returns the ID that stands in the place of a name, as `#` and 32 hex digits; undefined if it is a
 * name. A name can change hands, and look like another; an ID cannot.
 */
export function idOf(name: string): Bytes | undefined {
  return BY_ID.test(name) ? fromHex(name.slice(1).toLowerCase()) : undefined;
}

/** Finds other clients, by name or ID, and checks who they are. */
export class Peers {
  /** Verified identities by client ID in hex. */
  readonly #verified = new Map<string, Identity>();

  constructor(private readonly profile: Profile, private readonly network: Network) {}

  /**
   * Yields the other clients of the server whose names begin with `prefix`, as they come. They do
   * not become contacts.
   * @throws {ClientError} `wrong-identity` if the server returns another client's key
   */
  async *list(prefix = ""): AsyncGenerator<Peer> {
    for await (const page of this.network.transport.list(prefix)) {
      for (const client of page) this.#check(client);
      yield* page.map((client) => this.known(client.id) ?? this.#peer(client, client.publicKey));
    }
  }

  #check(client: ListedClient): void {
    if (client.publicKey) this.#checkKey(client, client.publicKey);
  }

  #hasItsKey(client: ListedClient): boolean {
    try {
      this.#check(client);
      return true;
    } catch {
      return false; // told of when the key is asked for
    }
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

  /** Returns what this profile knows about a client, or its key says. */
  #peer({ id, name }: ClientEntry, key?: Bytes): Peer {
    if (!this.profile.secureIdentity) return { id, name };
    const publicKey = this.#knownKey(id) ?? key;
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
      const identity = verifyIdentity(publicKey);
      this.#verified.set(toHex(peer.id), identity);
      return identity;
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error;
      const message = `the key of ${peer.name} is not one of a secure client: ${error.message}`;
      throw new ClientError("wrong-identity", message);
    }
  }

  /**
   * Returns the client with this name or alias: a contact, else the one that the server knows by
   * exactly this name, who is a contact from then on. `#` and an ID stand for the client with that.
   * @throws {ClientError} `unknown-name`
   */
  async named(name: string): Promise<Peer> {
    const { contacts, identity } = this.profile;
    const id = idOf(name);
    if (id) return await this.#withId(id);
    // New clients have names in this form only.
    const names = new Set([name, name.normalize("NFC")]);
    for (const each of names) {
      const known = contacts.byName(each);
      if (known) return this.#peer(known);
    }
    if (names.has(identity.name)) throw ownName();
    for (const each of names) {
      const found = await this.#lookUp(each);
      if (found) return found;
    }
    throw new ClientError(
      "unknown-name",
      `no client is named "${name}"; see: messaging-client list PREFIX`,
    );
  }

  async #withId(id: Bytes): Promise<Peer> {
    if (this.isOwn(id)) throw ownName();
    if (!this.known(id)) await this.find([id]);
    const peer = this.known(id);
    if (peer) return peer;
    throw new ClientError("unknown-name", `no client has the ID ${toHex(id)}`);
  }

  async #lookUp(name: string): Promise<Peer | undefined> {
    try {
      encodeName(name);
    } catch {
      return undefined; // it is nobody's
    }
    const found = await this.network.transport.named(name);
    if (!found) return undefined;
    if (found.name !== name) {
      throw new ClientError("bad-response", "the server gave a client with another name");
    }
    this.#check(found);
    this.profile.contacts.put([found]);
    return this.known(found.id) ?? this.#peer(found);
  }

  /** Reports whether this is the owner's ID. */
  isOwn(id: Bytes): boolean {
    return equalBytes(id, this.profile.identity.id);
  }

  /** Reports whether the owner is meant, for notes: by "me", the own name, or `#` and the ID. */
  isOwnName(name: string): boolean {
    const { registered, contacts } = this.profile;
    if (!registered) return false;
    const id = idOf(name);
    if (id) return this.isOwn(id);
    return name === OWN_NAME || name === this.profile.identity.name && !contacts.byName(name);
  }

  /** Returns the client with this ID, without asking the server. */
  known(id: Bytes): Peer | undefined {
    const { identity, contacts } = this.profile;
    if (equalBytes(id, identity.id)) return this.#peer(identity);
    const contact = contacts.byId(id);
    return contact && this.#peer(contact);
  }

  /** Returns the client with this ID. If it is not known here, its ID serves as its name. */
  withId(id: Bytes): Peer {
    return this.known(id) ?? this.#peer({ id, name: toHex(id) });
  }

  /**
   * Asks the server for up to `MAX_LOOKED_UP` clients that are not known here. Those that exist
   * become contacts, unless the answer is of no use.
   * @throws {ClientError} `unreachable`
   */
  async find(ids: readonly Bytes[]): Promise<void> {
    try {
      for (const client of await this.network.transport.withIds(ids)) {
        // One that makes no sense is no reason to leave the others out.
        if (ids.some((id) => equalBytes(id, client.id)) && this.#hasItsKey(client)) {
          this.profile.contacts.put([client]);
        }
      }
    } catch (error) {
      if (!(error instanceof ClientError) || error.code === "unreachable") throw error;
    }
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

function ownName(): ClientError {
  return new ClientError("unknown-name", "that is your own name; messages go to other clients");
}

/** Finding other clients, and agreeing on keys with classic ones. */
import { type Bytes, equalBytes, toHex } from "../shared/bytes.ts";
import { generateSymmetricKey, wrapSymmetricKey } from "../shared/crypto/classic.ts";
import { CryptoError } from "../shared/errors.ts";
import { MessageType } from "../shared/protocol/codes.ts";
import type { ClientEntry } from "../shared/protocol/response.ts";
import { ClientError } from "./errors.ts";
import type { Profile } from "./profile/profile.ts";
import type { Transport } from "./transport.ts";

export class Peers {
  readonly #profile: Profile;
  readonly #transport: Transport;

  constructor(profile: Profile, transport: Transport) {
    this.#profile = profile;
    this.#transport = transport;
  }

  /** All other clients of the server. */
  async list(): Promise<ClientEntry[]> {
    const { id } = this.#profile.identity;
    const request = { kind: "client-list" } as const;
    const { clients } = await this.#transport.exchange(id, request, "client-list");
    this.#profile.contacts.put(clients);
    return clients;
  }

  /**
   * The client with this name.
   * @throws {ClientError} `unknown-name`
   */
  async named(name: string): Promise<ClientEntry> {
    const known = this.#profile.contacts.byName(name);
    if (known) return known;
    const found = (await this.list()).find((client) => client.name === name);
    if (found) return found;
    throw new ClientError(
      "unknown-name",
      name === this.#profile.identity.name
        ? "that is your own name; messages go to other clients"
        : `no client is named "${name}"; see: messaging-client list`,
    );
  }

  /** The client with this ID, as far as that is known without asking the server. */
  known(id: Bytes): ClientEntry | undefined {
    const { identity, contacts } = this.#profile;
    if (equalBytes(id, identity.id)) return { id, name: identity.name };
    return contacts.byId(id);
  }

  /**
   * The client with this ID. One that the server does not list, or that is not known where the
   * server's list may not be asked for, is shown by its ID.
   */
  async withId(id: Bytes, { mayList = true }: { mayList?: boolean } = {}): Promise<ClientEntry> {
    const known = this.known(id);
    if (known) return known;
    try {
      if (mayList) await this.list();
    } catch (error) {
      if (!(error instanceof ClientError) || error.code === "unreachable") throw error;
    }
    return this.known(id) ?? { id, name: toHex(id) };
  }

  /** A client's public key, 160 bytes. */
  async publicKey(peer: ClientEntry): Promise<Bytes> {
    const known = this.#profile.contacts.publicKey(peer.id);
    if (known) return known;
    const request = { kind: "public-key", target: peer.id } as const;
    const { id } = this.#profile.identity;
    const answer = await this.#transport.exchange(id, request, "public-key");
    if (equalBytes(answer.clientId, peer.id)) return answer.publicKey;
    throw new ClientError("bad-response", "the server gave the public key of another client");
  }

  /**
   * Sends our key for this peer to it; from now on what we send is encrypted with that key. Gives
   * the message's ID.
   * @throws {ClientError} `bad-key` where the peer's public key cannot be used
   */
  async sendKey(peer: ClientEntry): Promise<number> {
    const publicKey = await this.publicKey(peer);
    const key = this.#profile.keys.own(peer.id) ?? generateSymmetricKey();
    let content: Bytes;
    try {
      content = await wrapSymmetricKey(publicKey, key);
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error;
      throw new ClientError("bad-key", `${peer.name} has a public key that cannot be used`);
    }
    this.#profile.contacts.putPublicKey(peer.id, publicKey); // it has proved usable
    // Kept before it leaves, so that whatever comes back is readable; used after it has arrived.
    this.#profile.keys.put(peer.id, key, { own: true });
    const messageId = await this.send(peer, MessageType.key, content);
    this.#profile.keys.sendWith(peer.id, key);
    return messageId;
  }

  /** The key to encrypt with for this peer, agreed on first where there is none. */
  async sendingKey(peer: ClientEntry): Promise<Bytes> {
    if (!this.#profile.keys.sending(peer.id)) await this.sendKey(peer);
    const key = this.#profile.keys.sending(peer.id);
    if (!key) throw new RangeError("no key although one was sent");
    return key;
  }

  /** Sends a message that fits into memory; gives its ID. */
  async send(peer: ClientEntry, type: MessageType, content: Bytes): Promise<number> {
    const { id } = this.#profile.identity;
    const request = { kind: "send", to: peer.id, type, content } as const;
    return (await this.#transport.exchange(id, request, "sent")).messageId;
  }
}

import type { Bytes } from "../../shared/bytes.ts";
import { generateSymmetricKey, wrapSymmetricKey } from "../../shared/crypto/classic/classic.ts";
import { claimsToBeSecure } from "../../shared/crypto/identity.ts";
import { CryptoError } from "../../shared/errors.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import type { ClientEntry } from "../../shared/protocol/message.ts";
import type { Peers } from "../contacts/peers.ts";
import { ClientError } from "../errors.ts";
import type { Network } from "../network/transport.ts";
import type { Profile } from "../profile/profile.ts";

export interface ClassicOptions {
  profile: Profile;
  network: Network;
  peers: Peers;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Agreeing with a client on a symmetric key, as the classic protocol does it. */
export class KeyExchange {
  constructor(private readonly options: ClassicOptions) {}

  /**
   * Sends this peer our key, and encrypts with it from now on; returns the message's ID.
   * @throws {ClientError} `bad-key` if the peer's public key cannot be used, `not-needed` between
   * secure clients
   */
  async send(peer: ClientEntry): Promise<number> {
    return await this.#sendUnder(peer, await this.options.peers.publicKey(peer));
  }

  async #sendUnder(peer: ClientEntry, publicKey: Bytes): Promise<number> {
    const { profile: { keys }, network } = this.options;
    const { key, content } = await this.wrapped(peer, publicKey);
    const messageId = await network.transport.send({ to: peer.id, type: MessageType.key, content });
    keys.sendWith(peer.id, key); // after it has arrived
    return messageId;
  }

  /**
   * Returns our key for this peer, and the content of the message that brings it there. It is kept,
   * so that whatever comes back is readable.
   * @throws {ClientError} `bad-key`, `not-needed`, as {@link send}
   */
  async wrapped(
    peer: ClientEntry,
    publicKey: Bytes,
  ): Promise<{ key: Bytes; content: Bytes }> {
    this.#checkNotSecure(peer, publicKey);
    const { profile: { keys, contacts } } = this.options;
    const key = keys.own(peer.id) ?? generateSymmetricKey();
    let content: Bytes;
    try {
      content = await wrapSymmetricKey(publicKey, key);
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error;
      throw new ClientError("bad-key", `${peer.name} has a public key that cannot be used`);
    }
    contacts.putPublicKey(peer.id, publicKey); // it has proved usable
    keys.put(peer.id, key, { own: true });
    return { key, content };
  }

  /**
   * Asks this peer for a key; returns the message's ID.
   * @throws {ClientError} `not-needed` between secure clients
   */
  async request(peer: ClientEntry): Promise<number> {
    const { profile, network, peers } = this.options;
    if (profile.secureIdentity) this.#checkNotSecure(peer, await peers.publicKey(peer));
    const content = new Uint8Array(0);
    return await network.transport.send({ to: peer.id, type: MessageType.keyRequest, content });
  }

  /**
   * Returns the key to encrypt with for this peer; sends it ours if there is none. Returns
   * undefined if only the peer can begin: nothing can be encrypted for a secure client's key.
   */
  async keyFor(peer: ClientEntry): Promise<Bytes | undefined> {
    const { profile: { keys, secureIdentity }, peers } = this.options;
    const key = keys.sending(peer.id);
    if (key) return key;
    const publicKey = await peers.publicKey(peer);
    if (!secureIdentity && claimsToBeSecure(publicKey)) return undefined;
    await this.#sendUnder(peer, publicKey);
    return keys.sending(peer.id);
  }

  /** Two secure clients never exchange keys of the classic protocol. */
  #checkNotSecure({ name }: ClientEntry, publicKey: Bytes): void {
    if (!claimsToBeSecure(publicKey)) return;
    throw this.options.profile.secureIdentity
      ? new ClientError("not-needed", `${name} is a secure client: keys need no messages there`)
      : new ClientError(
        "bad-key",
        `${name} is a secure client, and this profile is a classic one, so ${name} must send the ` +
          "key: ask for it (messaging-client request-key), or just send a message",
      );
  }
}

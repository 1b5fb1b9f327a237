/**
 * The {@link Transport} of a profile: secure or classic, as its owner is. The owner may change while
 * it is in use, by registering.
 */
import type { Bytes } from "../../shared/bytes.ts";
import { claimsToBeSecure } from "../../shared/crypto/identity.ts";
import type { SendPrefix } from "../../shared/protocol/request.ts";
import type { ResponseBody } from "../../shared/protocol/response.ts";
import type { SecureRequest } from "../../shared/protocol/secure_request.ts";
import type { Address } from "./address.ts";
import { ClassicTransport } from "../classic/classic_transport.ts";
import { ClientError } from "../errors.ts";
import type { Profile } from "../profile/profile.ts";
import type { SecureIdentity } from "../profile/tables/secure_identity.ts";
import type { ReplyKind } from "./secure_connection.ts";
import { SecureTransport } from "./secure_transport.ts";
import type {
  OnTrouble,
  Polled,
  PushReceiver,
  Receiver,
  Reply,
  RequestWithToken,
  SecureOptions,
  SecureReply,
  Transport,
} from "./transport.ts";

export interface ProfileTransportOptions {
  profile: Profile;
  address: Address;
  /** Hears of a server's key that was accepted because it was the first. */
  onFirstKey: (key: Bytes) => void;
  /** Waits that many milliseconds. */
  sleep: (milliseconds: number) => Promise<void>;
  /** That many random bytes. */
  random: (size: number) => Bytes;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Longest wait of the secure protocol for a byte to move while an answer is due, in milliseconds. */
  deadline?: number;
}

export class ProfileTransport implements Transport {
  readonly #options: ProfileTransportOptions;
  #secure: SecureTransport | null = null;

  constructor(options: ProfileTransportOptions) {
    this.#options = options;
  }

  async exchange<K extends ResponseBody["kind"]>(
    clientId: Bytes,
    request: RequestWithToken,
    expected: K,
  ): Promise<Reply<K>> {
    const { profile } = this.#options;
    const isNew = request.kind === "register" && claimsToBeSecure(request.publicKey);
    const transport = this.#transport(isNew ? profile.pendingIdentity : profile.secureIdentity);
    return await transport.exchange(clientId, request, expected);
  }

  async secure<K extends ReplyKind>(
    request: SecureRequest,
    expected: K,
    options?: SecureOptions,
  ): Promise<SecureReply<K>> {
    return await this.#current.secure(request, expected, options);
  }

  async sendStream(
    clientId: Bytes,
    prefix: SendPrefix,
    content: ReadableStream<Uint8Array>,
  ): Promise<Reply<"sent">> {
    return await this.#current.sendStream(clientId, prefix, content);
  }

  async poll(clientId: Bytes, receiver: Receiver): Promise<Polled> {
    return await this.#current.poll(clientId, receiver);
  }

  async follow(newReceiver: () => PushReceiver, onTrouble: OnTrouble): Promise<never> {
    return await this.#current.follow(newReceiver, onTrouble);
  }

  async close(): Promise<void> {
    await this.#secure?.close();
  }

  get #current(): Transport {
    return this.#transport(this.#options.profile.secureIdentity);
  }

  #transport(identity: SecureIdentity | undefined): Transport {
    const { profile, address, onFirstKey, sleep, random, now, deadline } = this.#options;
    if (!identity) {
      if (!address.key) return new ClassicTransport(address);
      throw new ClientError(
        "wrong-server",
        "the address demands a key (#), which a server cannot prove to a classic client; use a " +
          "secure identity, or leave the key out of the address",
      );
    }
    return this.#secure ??= new SecureTransport({
      address,
      credentials: identity,
      checkServer: (key) => {
        if (profile.servers.check(address, key)) onFirstKey(key);
      },
      sleep,
      random,
      now,
      deadline,
    });
  }
}

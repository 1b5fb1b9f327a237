import type { Bytes } from "../../shared/bytes.ts";
import { CLIENT_ID_SIZE } from "../../shared/limits.ts";
import type { Address } from "./address.ts";
import { type ReconnectingOptions, ReconnectingTransport } from "./reconnecting_transport.ts";
import type { Credentials } from "./secure_opening.ts";
import type { Patience } from "./silence.ts";
import type { Network, SecureTransport, Transport } from "./transport.ts";

export interface NetworkProfile {
  readonly identity: { readonly id: Bytes };
  /** Undefined for a classic owner. */
  readonly secureIdentity: Credentials | undefined;
  /** Reports whether a server's key is the first at its address; throws if it is another one. */
  readonly servers: { check(address: Address, key: Bytes): boolean };
}

export interface ProfileNetworkOptions
  extends Omit<ReconnectingOptions, "credentials" | "checkServer"> {
  profile: NetworkProfile;
  classic: new (address: Address, clientId: Bytes, patience: Patience) => Transport;
  /** Called with the server's key if it was accepted because it was the first. */
  onFirstKey: (key: Bytes) => void;
}

/** The network of a profile: its secure connection, or the transport of a classic owner. */
export class ProfileNetwork implements Network {
  #secure: ReconnectingTransport | null = null;

  constructor(private readonly options: ProfileNetworkOptions) {}

  get transport(): Transport {
    return this.secure ?? this.#classicAs(this.options.profile.identity.id);
  }

  get secure(): SecureTransport | undefined {
    const { secureIdentity } = this.options.profile;
    return secureIdentity && this.#secureAs(secureIdentity);
  }

  registering(identity: Credentials | undefined): Transport {
    return identity ? this.#secureAs(identity) : this.#classicAs(new Uint8Array(CLIENT_ID_SIZE));
  }

  /** Ends the connection, if there is one. */
  async close(): Promise<void> {
    await this.#secure?.close();
  }

  #classicAs(clientId: Bytes): Transport {
    const { address, classic: ClassicTransport } = this.options;
    return new ClassicTransport(address, clientId, this.options);
  }

  #secureAs(credentials: Credentials): SecureTransport {
    const { profile, address, onFirstKey } = this.options;
    const checkServer = (key: Bytes) => {
      if (profile.servers.check(address, key)) onFirstKey(key);
    };
    return this.#secure ??= new ReconnectingTransport({
      ...this.options,
      credentials,
      checkServer,
    });
  }
}

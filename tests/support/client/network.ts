/** The network of a profile, with the time and the randomness of the system. */
import { ClassicTransport } from "../../../client/classic/classic_transport.ts";
import type { Address } from "../../../client/network/address.ts";
import {
  ProfileNetwork,
  type ProfileNetworkOptions,
} from "../../../client/network/profile_network.ts";
import type { Profile } from "../../../client/profile/profile.ts";

/** The network of `profile` to the server at `address`, or to this port of the machine. */
export function networkOf(
  profile: Profile,
  address: Address | number,
  options: Partial<ProfileNetworkOptions> = {},
): ProfileNetwork {
  return new ProfileNetwork({
    profile,
    address: typeof address === "number" ? { hostname: "127.0.0.1", port: address } : address,
    classic: ClassicTransport,
    onFirstKey: () => {},
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    random: (size) => crypto.getRandomValues(new Uint8Array(size)),
    now: () => Date.now(),
    ...options,
  });
}

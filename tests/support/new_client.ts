/** A client of the product, with the time and the randomness of the system. */
import { Client } from "../../client/client.ts";
import type { Profile } from "../../client/profile/profile.ts";
import type { Network } from "../../client/network/transport.ts";

/** The operations on `profile` over `network`; `note` hears of what the user would be told. */
export function newClient(
  profile: Profile,
  network: Network,
  note: (text: string) => void = () => {},
): Client {
  const random = (size: number) => crypto.getRandomValues(new Uint8Array(size));
  return new Client({ profile, network, now: () => Date.now(), random, note });
}

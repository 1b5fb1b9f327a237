/** Clients of the product in this process. */
import { Client } from "../../client/client.ts";
import type { Profile } from "../../client/profile/profile.ts";
import type { Network } from "../../client/network/transport.ts";

/**
 * Few one-time prekeys of each kind: a hundred take longer to make than what most tests are about.
 */
export const ONE_TIME_TARGET = 6;

/** The operations on `profile` over `network`; `note` hears of what the user would be told. */
export function newClient(
  profile: Profile,
  network: Network,
  note: (text: string) => void = () => {},
  now = () => Date.now(),
): Client {
  const random = (size: number) => crypto.getRandomValues(new Uint8Array(size));
  return new Client({ profile, network, now, random, note, oneTimeTarget: ONE_TIME_TARGET });
}

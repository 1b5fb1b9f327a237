/** A client in this process, with a profile of its own and little patience between attempts. */
import type { Client } from "../../../client/client.ts";
import { Profile } from "../../../client/profile/profile.ts";
import { ProfileTransport } from "../../../client/network/profile_transport.ts";
import { newClient } from "../new_client.ts";

export interface Person extends AsyncDisposable {
  readonly client: Client;
  /** Where the profile is. */
  readonly folder: string;
}

/** The longest pause between two attempts, in milliseconds. */
const LONGEST_PAUSE = 50;

/** Opens the profile in `folder`; `port` is where the server, or the way to it, is. */
export async function openPerson(folder: string, port: number): Promise<Person> {
  const profile = await Profile.open(folder);
  const transport = new ProfileTransport({
    profile,
    address: { hostname: "127.0.0.1", port },
    onFirstKey: () => {},
    sleep: (milliseconds) =>
      new Promise((resolve) => setTimeout(resolve, Math.min(LONGEST_PAUSE, milliseconds))),
    random: (size) => crypto.getRandomValues(new Uint8Array(size)),
    now: () => Date.now(),
  });
  return {
    client: newClient(profile, transport),
    folder,
    async [Symbol.asyncDispose]() {
      await transport.close();
      profile[Symbol.dispose]();
    },
  };
}

/** As {@link openPerson}, and registers it. */
export async function newPerson(folder: string, name: string, port: number): Promise<Person> {
  await Deno.mkdir(folder);
  const person = await openPerson(folder, port);
  await person.client.register(name, { classic: false });
  return person;
}

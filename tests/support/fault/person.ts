/** A client in this process, with a profile of its own and little patience between attempts. */
import type { Client } from "../../../client/client.ts";
import { Profile } from "../../../client/profile/profile.ts";
import { networkOf } from "../client/network.ts";
import { newClient } from "../new_client.ts";

export interface Person extends AsyncDisposable {
  readonly client: Client;
  readonly profile: Profile;
  /** Where the profile is. */
  readonly folder: string;
}

/** The longest pause between two attempts, in milliseconds. */
const LONGEST_PAUSE = 50;

/** Opens the profile in `folder`; `port` is where the server, or the way to it, is. */
export async function openPerson(folder: string, port: number): Promise<Person> {
  const profile = await Profile.open(folder);
  const network = networkOf(profile, port, {
    sleep: (milliseconds) =>
      new Promise((resolve) => setTimeout(resolve, Math.min(LONGEST_PAUSE, milliseconds))),
  });
  return {
    client: newClient(profile, network),
    profile,
    folder,
    async [Symbol.asyncDispose]() {
      await network.close();
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

/** Lets each of two know the other by a card, so that neither is a stranger. */
export async function befriend(one: Person, other: Person): Promise<void> {
  await one.client.contactBook.add(other.client.contactBook.card());
  await other.client.contactBook.add(one.client.contactBook.card());
}

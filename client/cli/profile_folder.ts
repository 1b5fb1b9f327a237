import { isForeign, ownUser } from "../disk/private_file.ts";
import { ClientError } from "../errors.ts";
import type { Process } from "./context.ts";

/** Names the profile's folder, unless the option --profile does. */
const VARIABLE = "MESSAGING_PROFILE";

/**
 * What makes a folder one for a profile. As the classic client, whoever puts `server.info` there
 * wants the profile there.
 */
const SIGNS = ["profile.db", "me.info", "server.info"];

/**
 * Returns the folder of the profile: `given`, else that of MESSAGING_PROFILE, else the current one
 * if it holds a profile, or `server.info` for one, else `messaging` in the user's data directory.
 * @throws {ClientError} `bad-profile` if the current one holds what belongs to another than `user`
 */
export async function profileFolder(
  given: string | undefined,
  { environment, dataDirectory }: Pick<Process, "environment" | "dataDirectory">,
  { current = ".", user = ownUser() } = {},
): Promise<string> {
  // An empty variable counts as none.
  const named = given ?? (environment(VARIABLE) || undefined);
  if (named !== undefined) return named;
  if (await isHome(current, user) || dataDirectory === undefined) return current;
  return `${dataDirectory}/messaging`;
}

/** Nobody means to use the keys, and the server, of whoever could write into the folder. */
async function isHome(folder: string, user: number | null): Promise<boolean> {
  let isHome = false;
  for (const sign of SIGNS) {
    const foreign = await isForeign(`${folder}/${sign}`, user);
    if (foreign) {
      const message = `${sign} in this folder belongs to another user; go to another folder`;
      throw new ClientError("bad-profile", `${message}, or if you trust it: --profile .`);
    }
    isHome ||= foreign === false;
  }
  return isHome;
}

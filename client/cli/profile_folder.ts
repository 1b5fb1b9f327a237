import { isThere } from "../../shared/files.ts";
import { isProfile } from "../profile/profile.ts";
import type { Process } from "./context.ts";

/** Names the profile's folder, unless the option --profile does. */
const VARIABLE = "MESSAGING_PROFILE";

/**
 * Returns the folder of the profile: `given`, else that of MESSAGING_PROFILE, else the current one
 * if it holds a profile, or `server.info` for one, else `messaging` in the user's data directory.
 */
export async function profileFolder(
  given: string | undefined,
  { environment, dataDirectory }: Pick<Process, "environment" | "dataDirectory">,
  current = ".",
): Promise<string> {
  // An empty variable counts as none.
  const named = given ?? (environment(VARIABLE) || undefined);
  if (named !== undefined) return named;
  if (dataDirectory === undefined || await isHome(current)) return current;
  return `${dataDirectory}/messaging`;
}

/** As the classic client, whoever puts `server.info` into a folder wants the profile there. */
async function isHome(folder: string): Promise<boolean> {
  return await isProfile(folder) || await isThere(`${folder}/server.info`);
}

import { hasEndpoint } from "../../daemon/endpoint.ts";
import { isLocked } from "../../profile/lock.ts";

/** Reports whether the profile in `folder` seems to have an engine. */
export async function hasEngine(folder: string): Promise<boolean> {
  return await hasEndpoint(folder) && await isLocked(folder);
}

/** What the server deletes: after a crash the remains, and every hour what is too old. */
import type { Services } from "../services.ts";

/** In milliseconds: an hour. */
const INTERVAL = 60 * 60 * 1000;

type Parts = Pick<Services, "storage" | "blobs" | "files" | "log">;

/** Deletes the remains of a crash. To be called before any client is served. */
export async function sweep({ storage, blobs, files, log }: Parts): Promise<void> {
  const swept = await blobs.sweep((names) => storage.neededBlobs(names));
  if (swept > 0) log.info("Removed {swept} unfinished files", { swept });
  await files.sweep();
}

/** Forgets old tokens and deletes old files, now and hourly. The returned function ends it. */
export async function startExpiry({ storage, files, log }: Parts): Promise<() => void> {
  await storage.forgetTokens();
  await files.expire();
  const timer = setInterval(() => {
    storage.forgetTokens().catch((error) => log.error("Tokens stay: {error}", { error }));
    files.expire().catch((error) => log.error("Old files stay: {error}", { error }));
  }, INTERVAL);
  return () => clearInterval(timer);
}

/** What the server deletes: after a crash the remains, and every hour what is too old. */
import type { Services } from "../services.ts";
import { DiskError } from "../storage/disk_errors.ts";

/** In milliseconds: an hour. */
const INTERVAL = 60 * 60 * 1000;

type Parts = Pick<Services, "storage" | "blobs" | "files" | "log">;

/** Deletes the remains of a crash. To be called before any client is served. */
export async function sweep({ storage, blobs, files, log }: Parts): Promise<void> {
  try {
    const swept = await blobs.sweep((names) => storage.neededBlobs(names));
    if (swept > 0) log.info("Removed {swept} unfinished files", { swept });
    await files.sweep();
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    log.error("The remains of a crash stay until the next start: {error}", { error });
  }
}

/**
 * Deletes what is too old and gives the room back, now and hourly; all of it in steps between which
 * requests are served. The returned function ends it.
 */
export async function startExpiry(parts: Parts): Promise<() => void> {
  const { storage, files, log } = parts;
  const works = {
    "Tokens stay": () => storage.forgetTokens(),
    "Old messages stay": () => expireMessages(parts),
    "Old files stay": () => files.expire(),
    "Free room stays": async () => {
      while (await storage.giveBack());
    },
  };
  const workAll = async () => {
    for (const [failure, work] of Object.entries(works)) {
      await work().catch((error) =>
        log.error("Upkeep goes on later: {failure} ({error})", { failure, error })
      );
    }
  };
  await workAll();
  const timer = setInterval(workAll, INTERVAL);
  return () => clearInterval(timer);
}

async function expireMessages({ storage, blobs, log }: Parts): Promise<void> {
  let total = 0;
  for (;;) {
    const expired = await storage.expireMessages();
    if (expired.count === 0) break;
    total += expired.count;
    await blobs.removeAll(expired.blobs, log);
  }
  if (total > 0) log.info("{count} messages have expired", { count: total });
}

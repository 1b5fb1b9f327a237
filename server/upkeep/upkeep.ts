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
  for (const work of Object.values(works)) await work();
  const timer = setInterval(async () => {
    for (const [failure, work] of Object.entries(works)) {
      await work().catch((error) =>
        log.error("Upkeep goes on later: {failure} ({error})", { failure, error })
      );
    }
  }, INTERVAL);
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

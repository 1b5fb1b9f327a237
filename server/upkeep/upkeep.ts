/** What the server deletes: after a crash the remains, and every hour what is too old. */
import type { Services } from "../services.ts";
import { DiskError } from "../storage/disk_errors.ts";
import { UPKEEP_INTERVAL } from "../storage/storage_options.ts";

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

/** Calls `act` again and again, in so many milliseconds each; returns what ends that. */
type Every = (interval: number, act: () => void) => () => void;

/**
 * Begins to delete what is too old and to give its room back: now, and every hour, unless that of
 * the hour before still goes on. All of it goes in steps between which requests are served. The
 * returned function ends it after the step that is under way.
 */
export function startUpkeep(parts: Parts, every: Every = everySo): () => Promise<void> {
  const { storage, files, log } = parts;
  let ended = false;
  /** Runs `step`, which returns how much it has done, until there is no more. Returns the sum. */
  const all = async (step: () => Promise<number | boolean>) => {
    let sum = 0;
    for (let done; !ended && (done = Number(await step())) > 0;) sum += done;
    return sum;
  };
  const works = {
    "Tokens stay": () => all(() => storage.forgetTokens()),
    "Old messages stay": async () => {
      const count = await all(() => expireMessages(parts));
      if (count > 0) log.info("{count} messages have expired", { count });
    },
    "Old files stay": async () => {
      const count = await all(() => files.expire());
      if (count > 0) log.info("{count} files have expired", { count });
    },
    "Free room stays": () => all(() => storage.giveBack()),
  };
  const workAll = async () => {
    for (const [failure, work] of Object.entries(works)) {
      await work().catch((error) =>
        log.error("Upkeep goes on later: {failure} ({error})", { failure, error })
      );
    }
  };
  let working: Promise<void> | undefined;
  const begin = () => {
    working ??= workAll().finally(() => working = undefined);
  };
  begin();
  const endTimer = every(UPKEEP_INTERVAL, begin);
  return async () => {
    ended = true;
    endTimer();
    await working;
  };
}

/** Deletes some messages that are too old, and their blobs. Returns how many messages. */
async function expireMessages({ storage, blobs, log }: Parts): Promise<number> {
  const expired = await storage.expireMessages();
  await blobs.removeAll(expired.blobs, log);
  return expired.count;
}

function everySo(interval: number, act: () => void): () => void {
  const timer = setInterval(act, interval);
  return () => clearInterval(timer);
}

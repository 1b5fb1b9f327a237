import { ClientError } from "../../errors.ts";

/** How often a profile in use is tried; each time takes the patience of its lock, 2 seconds. */
const ATTEMPTS = 5;

/**
 * Returns what `connect` finds, or else what `open` opens. While another process has the profile,
 * both are tried again: it may be an engine that is just opening it, which a passphrase makes take
 * seconds.
 * @throws {ClientError} `in-use` in the end, and as they do
 */
export async function engineOr<E, T>(
  connect: () => Promise<E | null>,
  open: () => Promise<T>,
  note: (text: string) => void,
): Promise<{ engine: E } | { opened: T }> {
  for (let attempt = 1;; attempt++) {
    const engine = await connect();
    if (engine !== null) return { engine };
    try {
      return { opened: await open() };
    } catch (error) {
      const isInUse = error instanceof ClientError && error.code === "in-use";
      if (!isInUse || attempt === ATTEMPTS) throw error;
      if (attempt === 1) note("Waiting for another messaging-client, which has the profile ...");
    }
  }
}

/** Breaking off: what the user stops ends at once, and can go on later. */
import { ClientError } from "../errors.ts";

/** Returns `promise`, whose failure is nobody's yet: whoever awaits it later hears of it. */
export function awaitedLater<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/**
 * Returns what `step` resolves to, unless `signal` comes first.
 * @throws {ClientError} `interrupted`
 */
export async function unlessInterrupted<T>(
  signal: AbortSignal | undefined,
  step: Promise<T>,
): Promise<T> {
  if (!signal) return await step;
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(new ClientError("interrupted", "broken off"));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([aborted.promise, step]);
  } finally {
    signal.removeEventListener("abort", abort);
    awaitedLater(step); // nobody waits for it any more
  }
}

/** Breaking off: what the user stops ends at once, and can go on later. */
import { ClientError } from "../errors.ts";

/** What `step` gives, unless `signal` comes first. @throws {ClientError} `interrupted` */
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
    step.catch(() => {}); // nobody waits for it any more
  }
}

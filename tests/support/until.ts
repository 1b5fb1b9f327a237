/** Waiting for something that another task, or another process, will bring about. */

/** In milliseconds. Only a test that fails anyway waits so long, however busy the machine is. */
export const PATIENCE = 300_000;
const STEP = 5;

/**
 * Resolves as soon as `condition` holds, which is asked every `step` milliseconds.
 * @throws {Error} naming `what` if it does not hold for a long time
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  step = STEP,
): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!await condition()) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, step));
  }
}

/**
 * Tries `attempt` with a deadline, in milliseconds, and again with longer ones: on a busy machine
 * whoever is in time by the test's measure may be late.
 * @throws what the last attempt threw
 */
export async function withDeadline(
  shortest: number,
  attempt: (deadline: number) => Promise<void>,
): Promise<void> {
  for (let deadline = shortest;; deadline *= 2) {
    try {
      return await attempt(deadline);
    } catch (error) {
      if (deadline > 60_000) throw error;
    }
  }
}

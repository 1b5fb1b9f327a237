/** Waiting for something that another task, or another process, will bring about. */

/** Long enough for a busy machine: it is reached only where a test fails. */
const PATIENCE = 20_000;
const STEP = 5;

/**
 * Resolves as soon as `condition` holds.
 * @throws {Error} naming `what` where it does not hold for a long time
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!await condition()) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, STEP));
  }
}

/** In milliseconds. */
const INTERVAL = 100;

/**
 * Calls `late` every 100 ms with the milliseconds by which the timer was late: so long some
 * synchronous work kept all others waiting. The returned function ends it.
 */
export function watchLoop(clock: () => number, late: (milliseconds: number) => void): () => void {
  let expected = clock() + INTERVAL;
  const timer = setInterval(() => {
    const now = clock();
    late(Math.max(0, now - expected));
    expected = now + INTERVAL;
  }, INTERVAL);
  return () => clearInterval(timer);
}

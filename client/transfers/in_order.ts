import { awaitedLater } from "./interrupt.ts";

/**
 * Yields what all come to, in their order, though they are under way at the same time. If one fails
 * the others come to their end, too; then the first failure is thrown.
 */
export async function* inOrder<T>(all: readonly Promise<T>[]): AsyncGenerator<T> {
  for (const one of all) awaitedLater(one);
  try {
    const failures: unknown[] = [];
    for (const one of all) {
      const result = await one.then((value) => ({ value }), (reason) => void failures.push(reason));
      if (result) yield result.value;
    }
    if (failures.length > 0) throw failures[0];
  } finally {
    await Promise.allSettled(all);
  }
}

import { setImmediate } from "node:timers";

/** Waits for that many milliseconds. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * Waits until everything else that can happen now has happened: events, timers, other connections.
 * Takes some microseconds if there is nothing. Awaiting something that is there already, such as
 * the write to a socket with room, lets nothing else happen.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

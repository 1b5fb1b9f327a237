import { setImmediate } from "node:timers";

/** Waits for that many milliseconds. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Milliseconds of work after which the runtime is made to look outside. */
const MOST_WORK = 10;
/** What sealing or opening a quarter of a MiB takes, in milliseconds. */
const LARGE_WORK = 0.5;
/** After so many empty turns the runtime has nothing else to do, and looks by itself. */
const EMPTY_TURNS = 3;

/** Milliseconds of work since it has looked. */
let worked = 0;
/** Those who wait for their turn. */
let waiting = 0;
/** Empty turns until it looks by itself. */
let left = 0;

/**
 * Waits until everything else that can happen now has happened: events, timers, other connections.
 * Takes some microseconds if there is nothing. Awaiting something that is there already, such as
 * the write to a socket with room, lets nothing else happen.
 *
 * The runtime looks whether sockets are ready when it has nothing else to do, or else after 61
 * turns. While turns follow each other it has always something to do, so after some work it is made
 * to wait for a timer: a millisecond.
 * @param work for how many milliseconds the caller has kept all others waiting
 */
export async function nextTurn(work = 4): Promise<void> {
  waiting++;
  worked += work;
  if (worked > MOST_WORK) {
    worked = 0;
    await sleep(0);
  }
  await new Promise<void>((resolve) => setImmediate(resolve));
  waiting--;
  if (left === 0) setImmediate(countEmptyTurns);
  left = EMPTY_TURNS;
}

/** The last turn that was promised to somebody alone. */
let lastAlone: Promise<void> = Promise.resolve();

/**
 * The same for what many do at a time, such as sealing a quarter of a MiB of a large answer: of all
 * who wait so, one goes on in each turn, in the order of asking. What is short waits for one of
 * them and not for all.
 */
export function turnAlone(): Promise<void> {
  return lastAlone = lastAlone.then(() => nextTurn(LARGE_WORK));
}

function countEmptyTurns(): void {
  left = waiting > 0 ? 0 : left - 1;
  if (left > 0) setImmediate(countEmptyTurns);
  else if (waiting === 0) worked = 0;
}

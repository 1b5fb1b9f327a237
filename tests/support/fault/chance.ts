/**
 * Random moments that can be had again: the seed is printed, and `FC_SEED=SEED deno task test`
 * chooses the same.
 */

export interface Chance {
  readonly seed: number;
  /** A whole number from 0 to `below` - 1. */
  whole(below: number): number;
  /** One of `values`. */
  pick<T>(values: readonly T[]): T;
  /** `values` in another order. */
  shuffled<T>(values: readonly T[]): T[];
}

export function chance(): Chance {
  const text = Deno.env.get("FC_SEED");
  const seed = text === undefined ? crypto.getRandomValues(new Uint32Array(1))[0] : Number(text);
  if (!Number.isInteger(seed)) throw new RangeError(`FC_SEED must be an integer, not ${text}`);
  let state = seed >>> 0;
  /** From 0 to 1, by the generator "mulberry32". */
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (below: number) => Math.floor(next() * below);
  return {
    seed,
    whole,
    pick: (values) => values[whole(values.length)],
    shuffled(values) {
      const left = [...values];
      return values.map(() => left.splice(whole(left.length), 1)[0]);
    },
  };
}

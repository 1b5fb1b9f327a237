/** Times and durations as people type them. */
import { UsageError } from "../../shared/args.ts";

const UNITS: Record<string, number> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** Returns the milliseconds of a duration such as 90s, 30m, 8h, 2d or 1w; null if it is none. */
export function parseDuration(text: string): number | null {
  const { count, unit } = /^(?<count>\d{1,5})(?<unit>[smhdw])$/.exec(text)?.groups ?? {};
  return count === undefined ? null : Number(count) * UNITS[unit];
}

/** A point in time: in milliseconds since 1970, or so many before now. */
export type When = { readonly at: number } | { readonly ago: number };

/**
 * Returns what a duration, or a date with or without a time of day, stands for. A date is local,
 * unless it ends with a time zone.
 * @throws {UsageError}
 */
export function parseWhen(text: string): When {
  const ago = parseDuration(text);
  if (ago !== null) return { ago };
  const isDate = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/.test(text);
  // A date alone would be taken for one in UTC.
  const at = isDate ? new Date(text.length === 10 ? `${text}T00:00` : text).getTime() : NaN;
  if (!Number.isNaN(at)) return { at };
  throw new UsageError(
    `a time is a date such as 2026-01-31 or "2026-01-31 18:00", or a while ago such as 8h or 2d, ` +
      `not "${text}"`,
  );
}

/** Returns the time that is meant, in milliseconds since 1970. */
export function timeOf(when: When, now: number): number {
  return "at" in when ? when.at : now - when.ago;
}

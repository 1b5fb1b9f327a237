/** How text for people looks: its colours and its times. */
import { NO_PAINT, type Paint } from "./colour.ts";
import { isoTime, localTime } from "./printable.ts";

/** The values of the option --time. */
export const TIME_WORDS = ["local", "relative", "iso"] as const;

export interface Style {
  readonly paint: Paint;
  /** Returns a point in time, in milliseconds since 1970, as people read it. */
  readonly time: (at: number) => string;
}

/** No colours, and local times. */
export const PLAIN_STYLE: Style = { paint: NO_PAINT, time: localTime };

/** Returns what shows times by the option --time. `now` is asked at each relative one. */
export function timesAs(
  way: typeof TIME_WORDS[number] = "local",
  now: () => number,
): Style["time"] {
  if (way === "local") return localTime;
  if (way === "iso") return (at) => isoTime(at) ?? localTime(at);
  return (at) => isoTime(at) === undefined ? localTime(at) : relativeTime(at - now());
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Returns how far from now something is, in milliseconds; what is over is less than 0. */
function relativeTime(distance: number): string {
  const length = Math.abs(distance);
  if (length < MINUTE) return "just now";
  const count = (unit: number) => Math.floor(length / unit);
  const many = length < HOUR
    ? `${count(MINUTE)} min`
    : length < DAY
    ? `${count(HOUR)} h`
    : `${count(DAY)} ${count(DAY) === 1 ? "day" : "days"}`;
  return distance < 0 ? `${many} ago` : `${many} from now`;
}

/** A result as JSON and as text; some of it is made when it is wanted. */
export interface View {
  readonly json: unknown;
  readonly text: string | (() => Promise<string>);
}

/** Text of other people, made safe to show on a terminal. */
import { toHex } from "../../../shared/bytes.ts";
import type { MarkedPeer } from "../../contacts/contact_book.ts";
import { NO_PAINT } from "./colour.ts";

/** What controls a terminal but tab and line feed, ends lines, or turns the direction around. */
const STEERING = /[^\P{Cc}\t\n]|[\u2028-\u202e\u2066-\u2069]/gu;
/** Characters that are written from right to left. */
const RIGHT_TO_LEFT =
  /[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** Returns `text` with a replacement for each character that could steer a terminal. */
export function harmless(text: string): string {
  return text.replace(STEERING, "\ufffd");
}

/** Returns `text` as {@link harmless} does, on one line. For what people copy into a command. */
export function harmlessLine(text: string): string {
  return harmless(text).replace(/[\t\n]/g, "\ufffd");
}

/**
 * Returns a line that changes the order of nothing that stands beside it: around writing from right
 * to left stand the marks U+2068 and U+2069, which take no room. All else stays as it is.
 */
export function isolated(line: string): string {
  return RIGHT_TO_LEFT.test(line) ? `\u2068${line}\u2069` : line;
}

/**
 * Returns `text` without what could control a terminal, or the order of what stands beside it. All
 * lines but the first are indented, so that none looks like a line of the client.
 */
export function printable(text: string): string {
  return harmless(text).split("\n").map(isolated).join("\n    ");
}

/** Returns `text` as {@link printable} does, on one line. */
export function printableLine(text: string): string {
  return isolated(harmlessLine(text));
}

/** Returns what a client is called here, with a warning where anyone can act in its name. */
export function shownName(
  { id, name, alias, authenticated, namesake }: MarkedPeer,
  { name: named, warning } = NO_PAINT,
): string {
  const other = `(not the contact whom you call so, ID ${toHex(id).slice(0, 12)})`;
  return named(plainName(alias ?? name)) +
    (authenticated === false ? ` ${warning("(unauthenticated)")}` : "") +
    (namesake ? ` ${warning(other)}` : "");
}

/** Returns all that is known of a client, in one line. */
export function shownPeer(
  { name, alias, authenticated, verified, blocked }: MarkedPeer,
  { name: named, good, warning, bad } = NO_PAINT,
): string {
  return [
    named(plainName(name)),
    alias === undefined ? "" : `, alias ${named(plainName(alias))}`,
    authenticated === false ? ` ${warning("(unauthenticated)")}` : "",
    verified ? ` ${good("(verified)")}` : "",
    blocked ? ` ${bad("(blocked)")}` : "",
  ].join("");
}

/** What marks of the client are made of, and what looks like the one for verified clients. */
const OF_MARKS = /[(),"\u221a\u2611\u2705\u2713\u2714\u{1f5f8}\u{1f5f9}]/u;

/** Returns a name, in quotes if it looks like a name with marks. */
export function plainName(name: string): string {
  const line = harmlessLine(name);
  return isolated(OF_MARKS.test(line) ? JSON.stringify(line) : line);
}

/** Returns the local date and time, to the minute, of milliseconds since 1970. */
export function localTime(at: number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return "????-??-?? ??:??";
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/**
 * Returns the same as ISO 8601, in UTC. Others may send any number: for what no date can hold it is
 * undefined, which JSON leaves out.
 */
export function isoTime(at: number): string | undefined {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

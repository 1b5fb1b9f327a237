/** Text of others, made fit to be shown on a terminal. */
import type { MarkedPeer } from "../../contacts/contact_book.ts";

/**
 * `text` without what could steer a terminal: control characters but tab and line feed, and the
 * marks that turn the direction of writing around. Further lines are indented, so that none can
 * pass for a line of ours.
 */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\t\n]|[\u202a-\u202e\u2066-\u2069]/gu, "\ufffd")
    .replaceAll("\n", "\n    ");
}

/** `text` as {@link printable} gives it, on one line. */
export function printableLine(text: string): string {
  return printable(text.replace(/[\t\n]/g, "\ufffd"));
}

/** What a client is called here, with a warning where anybody could act in its name. */
export function shownName({ name, alias, authenticated }: MarkedPeer): string {
  return plainName(alias ?? name) + (authenticated === false ? " (unauthenticated)" : "");
}

/** All that is known of a client, in one line. */
export function shownPeer({ name, alias, authenticated, verified, blocked }: MarkedPeer): string {
  return [
    alias === undefined ? plainName(name) : `${plainName(name)}, alias ${plainName(alias)}`,
    authenticated === false ? " (unauthenticated)" : "",
    verified ? " (verified)" : "",
    blocked ? " (blocked)" : "",
  ].join("");
}

/** A name in quotes where it could be taken for a name and our marks. */
function plainName(name: string): string {
  const line = printableLine(name);
  return /[(),"]/.test(line) ? JSON.stringify(line) : line;
}

/** The local date and time, to the minute, of milliseconds since 1970. */
export function localTime(at: number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return "????-??-?? ??:??";
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/**
 * Returns the same as ISO 8601, in UTC; undefined, which JSON leaves out, for what no date can hold:
 * others may send any number.
 */
export function isoTime(at: number): string | undefined {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

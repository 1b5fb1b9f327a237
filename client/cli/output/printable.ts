/** Text of other people, made safe to show on a terminal. */
import { toHex } from "../../../shared/bytes.ts";
import type { MarkedPeer } from "../../contacts/contact_book.ts";

/**
 * Returns `text` without what could control a terminal: control characters but tab and line feed,
 * and marks that change the direction of writing. All lines but the first are indented, so that
 * none looks like a line of the client.
 */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\t\n]|[\u202a-\u202e\u2066-\u2069]/gu, "\ufffd")
    .replaceAll("\n", "\n    ");
}

/** Returns `text` as {@link printable} does, on one line. */
export function printableLine(text: string): string {
  return printable(text.replace(/[\t\n]/g, "\ufffd"));
}

/** Returns what a client is called here, with a warning where anyone can act in its name. */
export function shownName({ id, name, alias, authenticated, namesake }: MarkedPeer): string {
  return plainName(alias ?? name) + (authenticated === false ? " (unauthenticated)" : "") +
    (namesake ? ` (not the contact whom you call so, ID ${toHex(id).slice(0, 12)})` : "");
}

/** Returns all that is known of a client, in one line. */
export function shownPeer({ name, alias, authenticated, verified, blocked }: MarkedPeer): string {
  return [
    alias === undefined ? plainName(name) : `${plainName(name)}, alias ${plainName(alias)}`,
    authenticated === false ? " (unauthenticated)" : "",
    verified ? " (verified)" : "",
    blocked ? " (blocked)" : "",
  ].join("");
}

/** Returns a name, in quotes if it looks like a name with marks. */
function plainName(name: string): string {
  const line = printableLine(name);
  return /[(),"]/.test(line) ? JSON.stringify(line) : line;
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

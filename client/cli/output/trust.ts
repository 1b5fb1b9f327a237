/** How far a contact is trusted, as text to compare with what it sees itself. */
import { renderUnicodeCompact } from "uqr";
import { qrTextOf } from "../../../shared/session/safety_number.ts";
import type { Trust } from "../../contacts/contact_book.ts";
import type { Advise } from "./advice.ts";
import { harmlessLine, printableLine } from "./printable.ts";

/** The characters and lines of a terminal. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
}

/** Groups of a safety number on a line. */
const GROUPS_PER_LINE = 4;
/** Lines of a screen that the QR code must leave: the question below it, and the next prompt. */
const LINES_BELOW = 3;

/** Returns the digits and what to do with them; beside a QR code, if `screen` has room for it. */
export function trustText(
  peer: string,
  { safetyNumber, verified }: Trust,
  { screen, advise }: { screen?: Screen; advise: Advise },
): string {
  const name = printableLine(peer);
  const next = `Does ${name} see the same? Then: ` +
    advise("messaging-client verify ") + `--yes ${harmlessLine(peer)}`;
  const lines = safetyLines(safetyNumber, screen);
  return [...lines, verified ? `${name} is verified.` : `${name} is not verified. ${next}`]
    .join("\n");
}

/** Returns the digits; beside a QR code, if `screen` has room for it. */
export function safetyLines(safetyNumber: string, screen: Screen | undefined): string[] {
  const groups = safetyNumber.split(" ");
  const digits: string[] = [];
  for (let at = 0; at < groups.length; at += GROUPS_PER_LINE) {
    digits.push(`  ${groups.slice(at, at + GROUPS_PER_LINE).join(" ")}`);
  }
  const code = renderUnicodeCompact(qrTextOf(groups.join("")), { border: 2 }).split("\n");
  const isRoom = screen !== undefined && code.length + LINES_BELOW <= screen.rows &&
    code[0].length + digits[0].length <= screen.columns;
  return isRoom ? beside(code, digits) : digits;
}

/** Returns the lines of `left`, with those of `right` behind them in the middle. */
function beside(left: readonly string[], right: readonly string[]): string[] {
  const first = Math.floor((left.length - right.length) / 2);
  return left.map((line, at) => line + (right[at - first] ?? ""));
}

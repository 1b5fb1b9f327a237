/** The text of a dialog as lines of the screen. */
import { harmless, isolated } from "../../cli/output/printable.ts";
import { wrapText } from "../../cli/output/text_layout.ts";

/** Returns the lines, none of more than `columns`; nothing in them can steer the terminal. */
export function dialogLines(lines: readonly string[], columns: number): string[] {
  return lines.flatMap((line) => wrapText(harmless(line), columns)).map(isolated);
}

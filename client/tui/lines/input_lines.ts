/** The text that is being written, as lines of the screen. */
import { harmlessLine } from "../../cli/output/printable.ts";
import { columnsOf, graphemesOf } from "../../cli/output/text_layout.ts";
import type { Draft } from "./line_editor.ts";

export interface InputLines {
  readonly lines: readonly string[];
  /** Where the cursor stands in them. */
  readonly row: number;
  readonly column: number;
}

/** Returns the `most` lines around the cursor; each leaves a column of `width` for the cursor. */
export function inputLines({ text, cursor }: Draft, width: number, most: number): InputLines {
  const lines: string[] = [""];
  let used = 0;
  let at = 0;
  let place = { row: 0, column: 0 };
  const mark = () => {
    if (at === cursor) place = { row: lines.length - 1, column: used };
  };
  for (const grapheme of graphemesOf(text)) {
    const ends = /^\r?\n$/.test(grapheme);
    const shown = ends ? "" : harmlessLine(grapheme.replaceAll("\t", " "));
    const more = columnsOf(shown);
    if (used + more > width - 1) {
      lines.push("");
      used = 0;
    }
    mark();
    at += grapheme.length;
    lines[lines.length - 1] += shown;
    used += more;
    if (!ends) continue;
    lines.push("");
    used = 0;
  }
  mark();
  const start = Math.max(0, place.row - most + 1);
  return { lines: lines.slice(start, start + most), row: place.row - start, column: place.column };
}

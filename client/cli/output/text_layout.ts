/**
 * How much room text takes on a terminal: emoji, combining marks and wide characters counted as
 * terminals show them. Links stay as they are: terminals find addresses themselves, and the
 * sequence that hides one behind other words would help whoever deceives.
 */
import stringWidth from "string-width";

const SEGMENTER = new Intl.Segmenter();
/** Each of these is a grapheme of one column. */
const PLAIN = /^[\x20-\x7e]*$/;
/** Columns from one tab stop to the next. */
const TAB = 8;

/** Returns the characters as people count them: "e" with an accent is one, a family emoji too. */
export function graphemesOf(text: string): string[] {
  if (PLAIN.test(text)) return [...text];
  return Array.from(SEGMENTER.segment(text), ({ segment }) => segment);
}

/** Returns how many columns a line of text without tabs takes. */
export function columnsOf(line: string): number {
  return PLAIN.test(line) ? line.length : stringWidth(line);
}

/** Returns the line, its end replaced by "…" if it takes more than `columns`. */
export function shortened(line: string, columns: number): string {
  if (columnsOf(line) <= columns) return line;
  let taken = "";
  let left = columns - 1;
  for (const grapheme of graphemesOf(line)) {
    left -= columnsOf(grapheme);
    if (left < 0) break;
    taken += grapheme;
  }
  return columns < 1 ? "" : `${taken}…`;
}

/** Returns the line with blanks behind it, so that it takes `columns`. */
export function padded(line: string, columns: number): string {
  return line + " ".repeat(Math.max(0, columns - columnsOf(line)));
}

/**
 * Returns the lines of a text, none of more than `columns`, which are at least 2, unless one
 * grapheme alone takes more. It is broken behind blanks and wide characters, and elsewhere only
 * where a word alone is too long. The blank at which it is broken is left out; tabs become blanks.
 */
export function wrapText(text: string, columns: number): string[] {
  return text.split("\n").flatMap((line) => wrapLine(line, Math.max(2, columns)));
}

function wrapLine(line: string, columns: number): string[] {
  const lines: string[] = [];
  let parts: string[] = [];
  let width = 0;
  /** After how many parts the line can be broken. */
  let breakAt = 0;
  for (const grapheme of graphemesOf(line)) {
    const tab = grapheme === "\t";
    const part = tab ? " ".repeat(Math.min(TAB - width % TAB, columns)) : grapheme;
    const blank = tab || part === " ";
    const size = columnsOf(part);
    if (width + size > columns) {
      const at = blank ? parts.length : breakAt || parts.length;
      lines.push(parts.slice(0, at).join("").trimEnd());
      parts = parts.slice(at);
      width = columnsOf(parts.join(""));
      breakAt = 0;
      if (blank) continue;
      if (width + size > columns) { // a wide character behind what fills the line but for one
        lines.push(parts.join(""));
        [parts, width] = [[], 0];
      }
    }
    parts.push(part);
    width += size;
    if (blank || size > 1) breakAt = parts.length;
  }
  return [...lines, parts.join("")];
}

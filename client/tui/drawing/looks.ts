/** How pieces of text look: by the sequences of ECMA-48, which every terminal that draws knows. */
import type { Role, Span } from "../lines/message_lines.ts";

type Look = readonly [start: string, end: string];

const BOLD: Look = ["1", "22"];
const DIM: Look = ["2", "22"];
const INVERSE: Look = ["7", "27"];
/** One of the colours that the user's theme has, light or dark. */
const colour = (number: number): Look => [`3${number}`, "39"];

/** No role is told by its colour alone. */
const LOOKS: Record<Role, readonly Look[]> = {
  plain: [],
  faint: [DIM],
  strong: [BOLD],
  own: [colour(6)],
  peer: [BOLD, colour(2)],
  good: [colour(2)],
  warning: [BOLD, colour(3)],
  chosen: [INVERSE],
};

/** Returns the text with its looks; without `colours` only bold, dim and inverse. */
export function drawn(spans: readonly Span[], colours: boolean, chosen = false): string {
  const text = spans.map(({ text, role }) => painted(text, LOOKS[role], colours)).join("");
  return chosen ? painted(text, [INVERSE], colours) : text;
}

function painted(text: string, looks: readonly Look[], colours: boolean): string {
  if (text === "") return "";
  const used = looks.filter(([start]) => colours || start.length === 1);
  return used.reduceRight((inner, [start, end]) => `\x1b[${start}m${inner}\x1b[${end}m`, text);
}

/** The help of the chat. */
import { wrapText } from "../../cli/output/text_layout.ts";

const KEYS = [
  ["Enter", "Send; Alt-Enter or Ctrl-J, or a backslash before it: a new line"],
  ["Alt-Up, Alt-Down", "The conversation above, below (also Ctrl-Up, Ctrl-Down)"],
  ["Alt-A", "The next conversation with unread messages"],
  ["Alt-N", "The first message that was new"],
  ["Tab", "Complete a command; otherwise go to the list of conversations"],
  ["Page Up, Page Down", "Scroll the messages; Ctrl-End: to the newest"],
  ["Up, Down", "With nothing typed: select a message; then"],
  ["  r  e  d", "answer, edit, delete it"],
  ["  +  s  v", "react to it, fetch its file, see it alone"],
  ["Ctrl-P, Ctrl-N", "What you sent before"],
  ["Ctrl-F", "Search"],
  ["Ctrl-W, Ctrl-U, Ctrl-K", "Delete a word, to the start, to the end of the line"],
  ["Ctrl-L", "Draw the screen again"],
  ["Esc", "Leave what is open, selected or begun"],
  ["Ctrl-Q", "End the chat (also Ctrl-C with nothing typed)"],
  ["? or F1", "This help, with nothing typed"],
];

/** Columns in front of what a key or a command does. */
const LEAD = 24;

/** Returns the keys and the commands, in lines of `columns`. */
export function helpLines(
  commands: readonly { readonly name: string; readonly usage?: string; readonly help: string }[],
  columns: number,
): string[] {
  const rows = commands.map((
    { name, usage, help },
  ) => [`/${name}${usage ? ` ${usage}` : ""}`, help]);
  return [...KEYS, ["", ""], ...rows].flatMap(([left, right]) =>
    wrapText(right, columns - LEAD).map((text, row) =>
      `${(row === 0 ? left : "").padEnd(LEAD - 1)} ${text}`.trimEnd()
    )
  );
}

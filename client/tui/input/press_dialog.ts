/** Keys while a dialog is open. */
import { dialogLines } from "../lines/dialog_lines.ts";
import type { Key } from "../terminal/keys.ts";
import { runLine } from "./slash_commands.ts";
import type { ChatState } from "../state/state.ts";
import { type Step, step } from "../state/step.ts";

const UP = ["up", "k"];
const DOWN = ["down", "j"];

export function pressDialog(state: ChatState, key: Key): Step {
  const { dialog } = state;
  const name = key.kind === "key" ? key.name : key.kind === "text" ? key.text : "";
  const closed: ChatState = { ...state, dialog: null };
  if (!dialog || name === "ctrl-q") return step(closed, { kind: "quit" });
  if (dialog.kind === "question") {
    return name === "y" ? runLine(closed, dialog.line) : step({ ...closed, selected: null });
  }
  const page = Math.max(1, state.rows - 6);
  const count = dialog.kind === "text"
    ? dialogLines(dialog.lines, state.columns).length - page
    : dialog.found.length - 1;
  const to = (at: number) =>
    step({ ...state, dialog: { ...dialog, at: Math.max(0, Math.min(at, count)) } });
  if (UP.includes(name)) return to(dialog.at - 1);
  if (DOWN.includes(name)) return to(dialog.at + 1);
  if (name === "pageup") return to(dialog.at - page);
  if (name === "pagedown" || name === " ") return to(dialog.at + page);
  if (name === "enter" && dialog.kind === "found") {
    const { number, peer } = dialog.found[dialog.at];
    return step(closed, { kind: "around", number, id: peer });
  }
  return ["escape", "q", "enter", "ctrl-c", "f1", "?"].includes(name) ? step(closed) : step(state);
}

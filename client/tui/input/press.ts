/** What each key does. */
import { graphemesOf } from "../../cli/output/text_layout.ts";
import type { Key } from "../terminal/keys.ts";
import { draftOf, edit } from "../lines/line_editor.ts";
import { listTop } from "../state/list_top.ts";
import {
  beginReaction,
  deleteMessage,
  editMessage,
  reply,
  showMessage,
} from "./message_actions.ts";
import { pressDialog } from "./press_dialog.ts";
import { goToNew, openBeside, openUnread, showHelp } from "./slash_commands.ts";
import { type ChatState, faceOf, layoutOf, listed, selecting, withNotice } from "../state/state.ts";
import { refusal, type Step, step } from "../state/step.ts";
import { scrolled } from "../lines/window.ts";
import { write } from "./write.ts";

/** Returns what a key leads to. */
export function press(state: ChatState, key: Key): Step {
  const [first, second] = withoutAlt(state, key);
  const after = pressText(state, first);
  if (!second) return after;
  const last = pressText(after.state, second);
  return step(last.state, ...after.tasks, ...last.tasks);
}

/** Escape and a key right behind it read as Alt and that key: they are both if that is none. */
function withoutAlt(state: ChatState, key: Key): Key[] {
  if (key.kind !== "key" || EVERYWHERE[key.name]) return [key];
  const [, name] = /^alt-(.|tab|enter|backspace|ctrl-.+)$/u.exec(key.name) ?? [];
  if (name === undefined || writes(state) && edit(state.draft, key)) return [key];
  const isText = graphemesOf(name).length === 1;
  const second: Key = isText ? { kind: "text", text: name } : { kind: "key", name };
  return [{ kind: "key", name: "escape" }, second];
}

/** Characters that came together are keys while nobody writes. */
function pressText(state: ChatState, key: Key): Step {
  if (key.kind !== "text") return pressKnown(state, key);
  let { state: next, tasks }: Step = step(state);
  for (let rest = graphemesOf(key.text); rest.length > 0;) {
    const text = writes(next) ? rest.join("") : rest[0];
    rest = writes(next) ? [] : rest.slice(1);
    const after = pressKnown(next, { kind: "text", text });
    [next, tasks] = [after.state, [...tasks, ...after.tasks]];
  }
  return step(next, ...tasks);
}

/** Reports whether characters go into the input. */
function writes({ dialog, choosing, selected, draft, vim }: ChatState): boolean {
  return dialog === null && choosing === null && vim !== "normal" &&
    (selected === null || draft.text !== "");
}

/** As {@link pressOne}. After a key that is refused to a selected message, that keeps the keys. */
function pressKnown(before: ChatState, key: Key): Step {
  const { state, tasks } = pressOne(before, key);
  const { notice, selected, draft } = state;
  const isNew = notice?.failed && notice !== before.notice && !EVERYWHERE[nameOf(key)];
  if (!isNew || selected === null || draft.text !== "") {
    return step(state, ...tasks);
  }
  return step({ ...withNotice(state, `${notice.text} Esc, then write.`, true), refused: true });
}

function pressOne(state: ChatState, key: Key): Step {
  if (key.kind === "click") return click(state, key);
  if (key.kind === "wheel") return scroll(state, 3 * key.lines);
  if (state.dialog) return pressDialog(state, key);
  const name = nameOf(key);
  const everywhere = EVERYWHERE[name]?.(state);
  if (everywhere) return everywhere;
  if (state.choosing !== null) return choose(state, name, state.choosing);
  if (state.selected !== null && state.draft.text === "") return pressSelected(state, key);
  if (state.vim === "normal") return VIM[name]?.(state) ?? step(state);
  return write(state, key);
}

/** Returns what a key is called; a character is called as it looks. */
const nameOf = (key: Key) => key.kind === "key" ? key.name : key.kind === "text" ? key.text : "";

const pageOf = (state: ChatState) => Math.max(1, layoutOf(state).height - 2);

const EVERYWHERE: Record<string, (state: ChatState) => Step> = {
  "ctrl-q": (state) => step(state, { kind: "quit" }),
  "ctrl-l": (state) => step(state, { kind: "redraw" }),
  "f1": showHelp,
  "alt-up": (state) => openBeside(state, -1),
  "ctrl-up": (state) => openBeside(state, -1),
  "alt-down": (state) => openBeside(state, 1),
  "ctrl-down": (state) => openBeside(state, 1),
  "alt-a": openUnread,
  "alt-n": goToNew,
  "pageup": (state) => scroll(state, -pageOf(state)),
  "pagedown": (state) => scroll(state, pageOf(state)),
  "ctrl-end": newest,
  "ctrl-f": (state) => step({ ...state, draft: draftOf("/search "), selected: null }),
};

/** Scrolls, and reads earlier messages in time. */
function scroll(state: ChatState, lines: number): Step {
  if (state.dialog) return step(state);
  const { height } = layoutOf(state);
  const anchor = scrolled(state.messages, state.anchor, lines, height, faceOf(state));
  const next = { ...state, anchor };
  if (lines < 0 && !state.first && nearStart(next)) return step(next, { kind: "earlier" });
  if (lines > 0 && anchor === null && !state.last) return step(next, { kind: "newest" });
  return step(next);
}

/** Reports whether the window is near the first message that was read. */
function nearStart({ messages, anchor }: ChatState): boolean {
  return anchor === null || anchor.number <= (messages[50] ?? messages.at(-1))?.number;
}

function newest(state: ChatState): Step {
  const next = { ...state, anchor: null, selected: null };
  return state.last ? step(next) : step(next, { kind: "newest" });
}

function click(state: ChatState, { column, row }: { column: number; row: number }): Step {
  const { list } = layoutOf(state);
  const conversation = listed(state)[row - 1 + listTop(state)];
  if (state.dialog || column >= list || !conversation) return step({ ...state, dialog: null });
  return step(state, { kind: "open", id: conversation.id });
}

/** Keys in the list of conversations. */
function choose(state: ChatState, name: string, at: number): Step {
  const all = listed(state);
  const to = (place: number) => {
    const choosing = Math.max(0, Math.min(all.length - 1, place));
    return step({ ...state, choosing });
  };
  if (name === "up" || name === "k") return to(at - 1);
  if (name === "down" || name === "j") return to(at + 1);
  if (name === "home") return to(0);
  if (name === "end") return to(all.length - 1);
  if (name === "enter" && all[at]) {
    return step({ ...state, choosing: null }, { kind: "open", id: all[at].id });
  }
  if (["escape", "tab", "right", "ctrl-c"].includes(name)) {
    return step({ ...state, choosing: null });
  }
  return step(state);
}

const SELECTED: Record<string, (state: ChatState) => Step> = {
  up: (state) => select(state, -1),
  "?": showHelp,
  k: (state) => select(state, -1),
  down: (state) => select(state, 1),
  j: (state) => select(state, 1),
  r: reply,
  enter: reply,
  e: editMessage,
  d: (state) => deleteMessage(state, false),
  delete: (state) => deleteMessage(state, false),
  "+": beginReaction,
  v: showMessage,
  s: fetchFile,
};

/** What goes on after a key that was refused: what is typed then was meant for the message. */
const AFTER_REFUSAL = ["up", "down", "escape", "ctrl-c"];

/** Keys while a message is selected. What does nothing with it is written, as without it. */
function pressSelected(state: ChatState, key: Key): Step {
  if (state.refused && !AFTER_REFUSAL.includes(nameOf(key))) return step(state);
  const action = SELECTED[nameOf(key)];
  if (action) return action(withNotice(state, ""));
  const free = selecting(state, null);
  const writes = key.kind !== "key" && state.vim !== "normal";
  return writes ? write(free, key) : step(free);
}

function select(state: ChatState, places: number): Step {
  const { messages, selected } = state;
  const at = selected === null
    ? messages.length
    : messages.findIndex(({ number }) => number === selected);
  const next = messages[Math.max(0, at + places)];
  if (!next) return step(selecting(state, null));
  const there = selecting(state, next.number);
  return at + places < 20 && !state.first ? step(there, { kind: "earlier" }) : step(there);
}

/** Keys of vim that are not those of a message. */
const VIM: Record<string, (state: ChatState) => Step> = {
  "i": insertMode,
  "a": insertMode,
  "j": (state) => select(state, 1),
  "k": (state) => select(state, -1),
  "up": (state) => select(state, -1),
  "J": (state) => openBeside(state, 1),
  "K": (state) => openBeside(state, -1),
  "G": newest,
  "ctrl-d": (state) => scroll(state, pageOf(state) >> 1),
  "ctrl-u": (state) => scroll(state, -(pageOf(state) >> 1)),
  "h": (state) => step({ ...state, choosing: Math.max(0, placeOf(state)) }),
  "tab": (state) => step({ ...state, choosing: Math.max(0, placeOf(state)) }),
  "n": openUnread,
  "/": (state) => step({ ...state, vim: "insert", draft: draftOf("/search ") }),
  ":": (state) => step({ ...state, vim: "insert", draft: draftOf("/") }),
  "?": showHelp,
};

function insertMode(state: ChatState): Step {
  return step({ ...state, vim: "insert" });
}

function placeOf(state: ChatState): number {
  return listed(state).findIndex(({ id }) => id === state.open);
}

function fetchFile(state: ChatState): Step {
  const message = state.messages.find(({ number }) => number === state.selected);
  if (!message?.file) return refusal(state, "That is no file.");
  if (message.sent) return refusal(state, "You have sent that file.");
  if (message.file.path !== null) return refusal(state, "That file is saved already.");
  return step(state, { kind: "fetch", number: message.number });
}

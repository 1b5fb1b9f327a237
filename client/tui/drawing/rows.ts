/** The rows of each part of the screen, as pieces of text. */
import { harmlessLine, localTime, plainName } from "../../cli/output/printable.ts";
import { columnsOf, padded, shortened } from "../../cli/output/text_layout.ts";
import { dialogLines } from "../lines/dialog_lines.ts";
import type { Line, Span } from "../lines/message_lines.ts";
import type { Conversation } from "../link/model.ts";
import {
  type ChatState,
  conversationIn,
  faceOf,
  layoutOf,
  listed,
  PROMPT,
  unreadIn,
} from "../state/state.ts";
import { windowLines } from "../lines/window.ts";
import { listTop } from "../state/list_top.ts";

export interface Row {
  readonly spans: readonly Span[];
  /** Whether the row as a whole stands out. */
  readonly chosen?: boolean;
}

/** Returns `text` in exactly `width` columns. */
const fitted = (text: string, width: number) => padded(shortened(text, width), width);

/** A contact that is called so has neither the mark nor the hint of one's own notes. */
const shownName = ({ own, name }: Conversation) => own ? "Notes" : plainName(name);

/** Returns the rows of the list of conversations. */
export function listRows(state: ChatState, width: number, height: number): Row[] {
  const all = listed(state);
  const total = unreadIn(state);
  const title = total > 0 ? `Chats (${total} unread)` : "Chats";
  const top = listTop(state);
  const at = state.choosing === null ? -1 : state.choosing - top;
  const rows = all.slice(top, top + height - 1)
    .map((conversation, row) => listRow(conversation, state, width, row === at));
  if (all.length === 0) rows.push({ spans: [{ text: "None yet: /add CARD", role: "faint" }] });
  return [{ spans: [{ text: fitted(title, width), role: "strong" }] }, ...rows];
}

function listRow(one: Conversation, state: ChatState, width: number, chosen: boolean): Row {
  const open = one.id === state.open;
  const marks = [
    one.own ? " (only you)" : "",
    one.verified ? " ✔" : "",
    one.blocked ? " (blocked)" : "",
    one.muted ? " (muted)" : "",
    one.draft !== "" && !open ? " (draft)" : "",
  ].join("");
  const count = one.unread > 0 ? ` ${one.unread > 999 ? "999+" : one.unread}` : "";
  const room = width - 2 - count.length;
  const marked = shortened(marks, Math.max(0, room - 4));
  const name = shortened(shownName(one), room - columnsOf(marked));
  const text = padded(`${open ? "▸" : " "} ${name}${marked}`, width - count.length);
  const role = one.unread > 0 || open ? "strong" : "plain";
  return { spans: [{ text, role }, { text: count, role: "warning" }], chosen };
}

/** Returns the line above the messages: with whom, and how sure that is. */
export function titleRow(state: ChatState, width: number): Row {
  const one = conversationIn(state);
  if (!one) return { spans: [{ text: "No conversation is open", role: "faint" }] };
  const sure = one.own
    ? "only you see them"
    : one.verified
    ? "✔ verified"
    : "not verified: /verify";
  const more = [one.blocked ? "blocked" : "", one.muted ? "muted" : ""].filter((word) => word);
  const state_ = [sure, ...more].join(", ");
  const name = shortened(shownName(one), Math.max(4, width - columnsOf(state_) - 2));
  return {
    spans: [
      { text: name, role: "strong" },
      {
        text: shortened(`  ${state_}`, width - columnsOf(name)),
        role: one.verified ? "good" : "faint",
      },
    ],
  };
}

/** Returns the rows of the messages in the window, at its bottom. */
export function messageRows(state: ChatState): Row[] {
  const { height } = layoutOf(state);
  const lines = windowLines(state.messages, state.anchor, height, faceOf(state));
  const above: Row[] = Array.from({ length: height - lines.length }, () => ({ spans: [] }));
  if (lines.length === 0 && state.open !== null) {
    above[height - 1] = { spans: [{ text: "No messages yet.", role: "faint" }] };
  }
  return [...above, ...lines.map((line) => messageRow(line, state.selected))];
}

function messageRow({ spans, number }: Line, selected: number | null): Row {
  return { spans, chosen: number !== undefined && number === selected };
}

/** Returns what stands above the input: what is wrong, offered or being done. */
export function ruleRows(state: ChatState, width: number): Row[] {
  const { notice } = layoutOf(state);
  if (notice.length < 2) return [ruleRow(state, width)];
  const role = state.notice?.failed ? "warning" : "good";
  return notice.map((text) => ({ spans: [{ text, role }] }));
}

function ruleRow(state: ChatState, width: number): Row {
  const [text, role] = ruleText(state);
  const label = text === "" ? "" : shortened(`── ${text} `, width);
  return {
    spans: [
      { text: label, role },
      { text: "─".repeat(Math.max(0, width - columnsOf(label))), role: "faint" },
    ],
  };
}

function ruleText(state: ChatState): [string, Span["role"]] {
  const { notice, offers, purpose, selected, anchor, vim, sending } = state;
  if (notice) return [harmlessLine(notice.text), notice.failed ? "warning" : "good"];
  if (offers.length > 0) return [offers.map(harmlessLine).join("  "), "plain"];
  if (purpose.kind !== "send") {
    const text = faceOf(state).textOf(purpose.number) ?? "";
    const what = purpose.kind === "edit" ? "Changing" : "Answering";
    return [`${what}: ${harmlessLine(text.replaceAll("\n", " "))} (Esc: not)`, "strong"];
  }
  if (selected !== null) {
    return ["r answer  e edit  d delete  + react  s fetch  v show  Esc", "strong"];
  }
  if (anchor) return ["newer messages below: Ctrl-End", "strong"];
  if (vim === "normal") return ["normal mode: i writes, ? helps", "strong"];
  return [[...sending.values()].map(harmlessLine).join("  "), "plain"];
}

/** Returns the rows of the input, with its cursor. */
export function inputRows(state: ChatState): Row[] {
  const { input } = layoutOf(state);
  const writes = state.dialog === null && state.choosing === null && state.vim !== "normal";
  return input.lines.map((text, row) => {
    const lead: Span = { text: row === 0 ? PROMPT : " ".repeat(PROMPT.length), role: "strong" };
    if (row !== input.row || !writes) return { spans: [lead, { text, role: "plain" }] };
    return { spans: [lead, ...withCursor(text, input.column)] };
  });
}

function withCursor(text: string, column: number): Span[] {
  const before = shortenedTo(text, column);
  const rest = text.slice(before.length);
  const [under = " "] = Array.from(new Intl.Segmenter().segment(rest), ({ segment }) => segment);
  return [
    { text: before, role: "plain" },
    { text: under, role: "chosen" },
    { text: rest.slice(under.length), role: "plain" },
  ];
}

/** Returns the first characters that take so many columns. */
function shortenedTo(text: string, columns: number): string {
  let taken = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (columnsOf(taken) >= columns) break;
    taken += segment;
  }
  return taken;
}

/** Returns the last line of the screen. */
export function statusRow({ connection, columns }: ChatState): Row {
  const { state, text } = connection;
  const sign = state === "connected" ? "●" : "○";
  const left = `${sign} ${state}${text === "" ? "" : `: ${harmlessLine(text)}`}`;
  const right = "? help  Ctrl-Q quit";
  const room = columns - right.length - 1;
  return { spans: [{ text: `${fitted(left, room)} ${right}`, role: "plain" }], chosen: true };
}

/** Returns the rows of the dialog, `height` in all. */
export function dialogRows({ dialog, columns }: ChatState, height: number): Row[] {
  if (!dialog) return [];
  const named = shortened(harmlessLine(dialog.title), columns);
  const title: Row = { spans: [{ text: named, role: "strong" }] };
  if (dialog.kind === "question") return [title];
  const room = height - 2;
  if (dialog.kind === "text") {
    const lines = dialogLines(dialog.lines, columns);
    const rows = lines.slice(dialog.at, dialog.at + room)
      .map((text): Row => ({ spans: [{ text, role: "plain" }] }));
    const more = lines.length > dialog.at + room ? "Page Down: more. " : "";
    return [title, ...rows, hint(`${more}Esc closes.`)];
  }
  const top = Math.max(0, Math.min(dialog.at - (room >> 1), dialog.found.length - room));
  const rows = dialog.found.slice(top, top + room).map(({ at, sent, text, file }, row): Row => {
    const day = Number.isNaN(at) ? "" : localTime(at);
    const line = `${day} ${sent ? "you" : "←"}: ${
      harmlessLine((file?.name ?? text).replaceAll("\n", " "))
    }`;
    const chosen = top + row === dialog.at;
    return {
      spans: [{ text: shortened(`${chosen ? "▸" : " "} ${line}`, columns), role: "plain" }],
      chosen,
    };
  });
  return [title, ...rows, hint("Up, Down; Enter goes there; Esc closes.")];
}

const hint = (text: string): Row => ({ spans: [{ text, role: "faint" }] });

/** All that the screen shows, and how it changes. Nothing here knows a terminal or the engine. */
import { harmless } from "../../cli/output/printable.ts";
import { shortened, wrapText } from "../../cli/output/text_layout.ts";
import { type Draft, draftOf, EMPTY } from "../lines/line_editor.ts";
import { barText, type Face } from "../lines/message_lines.ts";
import type { Conversation, Message } from "../link/model.ts";
import { type InputLines, inputLines } from "../lines/input_lines.ts";
import { type Anchor, revealed } from "../lines/window.ts";

/** What Enter does with the text. */
export type Purpose =
  | { readonly kind: "send" }
  | { readonly kind: "reply"; readonly number: number }
  | { readonly kind: "edit"; readonly number: number };

export type Dialog =
  | { readonly kind: "text"; readonly title: string; readonly lines: readonly string[]; at: number }
  | {
    readonly kind: "found";
    readonly title: string;
    readonly found: readonly Message[];
    readonly at: number;
  }
  /** Yes runs the line. */
  | { readonly kind: "question"; readonly title: string; readonly line: string };

export interface ChatState {
  readonly columns: number;
  readonly rows: number;
  readonly connection: { readonly state: string; readonly text: string };
  readonly conversations: readonly Conversation[];
  /** The ID of the conversation that is open. */
  readonly open: string | null;
  /** How much of files on their way has gone, from 0 to 1, by the numbers of their messages. */
  readonly progress: ReadonlyMap<number, number>;
  /** Files on their way out, by their transfers, until they are messages: what the screen says. */
  readonly sending: ReadonlyMap<number, string>;
  /** A part of its messages, oldest first, without gaps. */
  readonly messages: readonly Message[];
  /** Whether there are no earlier ones, and no later ones. */
  readonly first: boolean;
  readonly last: boolean;
  /** The first message that was not read when the conversation was opened. */
  readonly firstNew: number | null;
  readonly anchor: Anchor | null;
  /** The message that keys act on; null while one writes. */
  readonly selected: number | null;
  /** Whether a key did not fit the selected message: what is typed is no text then. */
  readonly refused: boolean;
  /** Whether keys act on the list of conversations, and where in it. */
  readonly choosing: number | null;
  readonly draft: Draft;
  readonly purpose: Purpose;
  /** What was sent before, oldest first, and which of it is in the input. */
  readonly sent: readonly string[];
  readonly recalled: number | null;
  readonly dialog: Dialog | null;
  /** Words that complete the one at the cursor. */
  readonly offers: readonly string[];
  readonly notice: { readonly text: string; readonly failed: boolean } | null;
  readonly mouse: boolean;
  /** Whether keys are those of vim; in its normal mode letters are keys. */
  readonly vim: "off" | "insert" | "normal";
}

export function initialState(
  columns: number,
  rows: number,
  { vim = false, mouse = true } = {},
): ChatState {
  return {
    columns,
    rows,
    connection: { state: "offline", text: "" },
    conversations: [],
    open: null,
    progress: new Map(),
    sending: new Map(),
    messages: [],
    first: true,
    last: true,
    firstNew: null,
    anchor: null,
    selected: null,
    refused: false,
    choosing: null,
    draft: EMPTY,
    purpose: { kind: "send" },
    sent: [],
    recalled: null,
    dialog: null,
    offers: [],
    notice: null,
    mouse,
    vim: vim ? "insert" : "off",
  };
}

/** The smallest terminal, and the smallest that has both panes. */
export const LEAST = { columns: 40, rows: 10 };
const BOTH_PANES = 80;
/** Lines of the input that are seen at once. */
const MOST_INPUT = 6;
/** Lines of what is told above the input. */
const MOST_NOTICE = 4;
/** In front of the input. */
export const PROMPT = "> ";

export interface Layout {
  /** Columns of the list, without the line beside it; 0 if it is not shown. */
  readonly list: number;
  /** Columns of the messages; 0 if they are not shown. */
  readonly width: number;
  /** Lines of messages. */
  readonly height: number;
  readonly input: InputLines;
  /** What is told above the input. */
  readonly notice: readonly string[];
}

export function layoutOf(state: ChatState): Layout {
  const { columns, rows, draft, choosing } = state;
  const both = columns >= BOTH_PANES;
  const list = both ? Math.min(36, Math.floor(columns * 0.28)) : choosing === null ? 0 : columns;
  const width = both ? columns - list - 1 : columns - list;
  const input = inputLines(draft, (width || columns) - PROMPT.length, MOST_INPUT);
  // The title, the line above the input, and the status.
  const notice = noticeLines(state.notice?.text ?? "", width || columns);
  const more = Math.max(0, notice.length - 1);
  const height = Math.max(1, rows - 3 - input.lines.length - more);
  return { list, width: width || columns, height, input, notice };
}

/** Returns what is told above the input; of what is long the first lines. */
function noticeLines(text: string, width: number): string[] {
  if (text === "") return [];
  const lines = wrapText(`── ${harmless(text)}`, width);
  if (lines.length <= MOST_NOTICE) return lines;
  return [...lines.slice(0, MOST_NOTICE - 1), shortened(`${lines[MOST_NOTICE - 1]} …`, width)];
}

/** Returns what lines of messages depend on. */
export function faceOf(state: ChatState): Face {
  const textOf = (number: number) => {
    const message = state.messages.find((message) => message.number === number);
    return message ? message.file?.name ?? message.text : null;
  };
  return {
    width: layoutOf(state).width,
    name: conversationIn(state)?.name ?? "",
    firstNew: state.firstNew,
    progressOf: (number) => state.progress.get(number) ?? null,
    textOf,
  };
}

/** Returns the conversation that is open. */
export function conversationIn(state: ChatState): Conversation | undefined {
  return state.conversations.find(({ id }) => id === state.open);
}

/** Returns how many messages call for attention. */
export function unreadIn(state: ChatState): number {
  return listed(state).reduce((sum, { unread, muted }) => sum + (muted ? 0 : unread), 0);
}

/** Returns the conversations that are listed: archived ones only if they are open or unread. */
export function listed({ conversations, open }: ChatState): readonly Conversation[] {
  return conversations.filter(({ archived, id, unread }) => !archived || id === open || unread > 0);
}

/** Most messages that are kept while the window stands at the newest. */
const KEPT = 300;

/** A page of messages was read for a conversation. */
export function opened(
  state: ChatState,
  id: string,
  { messages, first, last }: Pick<ChatState, "messages" | "first" | "last">,
): ChatState {
  const { draft = "", firstUnread = null } =
    state.conversations.find((conversation) => conversation.id === id) ?? {};
  const firstNew = firstUnread ?? (state.open === id ? state.firstNew : null);
  return {
    ...state,
    ...{ open: id, messages, first, last, firstNew, anchor: null, selected: null, choosing: null },
    ...{ draft: draftOf(draft), purpose: { kind: "send" }, recalled: null, offers: [] },
    notice: null,
  };
}

/** An entry is new, or has changed. */
export function withEntry(state: ChatState, message: Message): ChatState {
  if (message.peer !== state.open) return state;
  const { messages, anchor, last } = state;
  const at = messages.findLastIndex(({ number }) => number <= message.number);
  if (messages[at]?.number === message.number) {
    return { ...state, messages: messages.with(at, message) };
  }
  if (at < messages.length - 1) return state; // older than what is here, or not listed any more
  if (!last) return state; // later ones are read when one gets there
  const all = [...messages, message];
  if (anchor || all.length <= KEPT) return { ...state, messages: all };
  return { ...state, messages: all.slice(-(KEPT >> 1)), first: false };
}

/** The file of an entry has come so far, or is not on its way. */
export function withProgress(state: ChatState, entry: number, part: number | null): ChatState {
  const progress = new Map(state.progress);
  if (part === null) progress.delete(entry);
  else progress.set(entry, part);
  return { ...state, progress };
}

/** A file on its way out has come so far, or is not on its way any more. */
export function withSending(
  state: ChatState,
  transfer: number,
  file: { readonly name: string; readonly part: number } | null,
): ChatState {
  const sending = new Map(state.sending);
  if (file) sending.set(transfer, `Sending ${file.name} ${barText(file.part)}`);
  else if (!sending.delete(transfer)) return state;
  return { ...state, sending };
}

/** An entry is no more. */
export function withoutEntry(state: ChatState, gone: number): ChatState {
  const { messages, selected } = state;
  if (!messages.some(({ number }) => number === gone)) return state;
  return {
    ...state,
    messages: messages.filter(({ number }) => number !== gone),
    selected: selected === gone ? null : selected,
  };
}

/** Earlier messages were read. */
export function withEarlier(
  state: ChatState,
  id: string,
  earlier: readonly Message[],
  first: boolean,
): ChatState {
  if (id !== state.open) return state;
  const oldest = state.messages[0]?.number ?? Infinity;
  const added = earlier.filter(({ number }) => number < oldest);
  return { ...state, messages: [...added, ...state.messages], first };
}

/** Selects a message, and brings it into the window. */
export function selecting(state: ChatState, number: number | null): ChatState {
  if (number === null) return { ...state, selected: null, refused: false };
  const { messages, anchor } = state;
  const { height } = layoutOf(state);
  const there = revealed(messages, anchor, number, height, faceOf(state));
  return { ...state, selected: number, refused: false, anchor: there };
}

export function withNotice(state: ChatState, text: string, failed = false): ChatState {
  return { ...state, notice: text === "" ? null : { text, failed } };
}

/** Returns the text of lines in a dialog. */
export function textDialog(title: string, lines: readonly string[]): Dialog {
  return { kind: "text", title, lines, at: 0 };
}

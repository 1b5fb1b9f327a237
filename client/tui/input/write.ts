/** Keys while one writes. */
import type { Key } from "../terminal/keys.ts";
import { type Draft, draftOf, edit, EMPTY } from "../lines/line_editor.ts";
import { peerOf } from "../link/model.ts";
import { offersFor, runLine, showHelp } from "./slash_commands.ts";
import { type ChatState, listed, selecting } from "../state/state.ts";
import { type Step, step, withPeer } from "../state/step.ts";

export function write(state: ChatState, key: Key): Step {
  const name = key.kind === "key" ? key.name : "";
  const empty = state.draft.text === "";
  if (name === "enter") return enter(state);
  if (name === "tab") return empty ? toList(state) : complete(state);
  if (name === "escape") return leave(state);
  if (name === "ctrl-c") return empty ? step(state, { kind: "quit" }) : leave(state, EMPTY);
  if (name === "ctrl-d" && empty) return step(state, { kind: "quit" });
  if (name === "ctrl-p") return recall(state, -1);
  if (name === "ctrl-n") return recall(state, 1);
  if (empty && name === "up") return selectNewest(state);
  if (empty && key.kind === "text" && key.text === "?") return showHelp(state);
  const draft = edit(state.draft, key);
  if (draft) return step({ ...state, draft, offers: [], notice: null });
  if (name === "up") return recall(state, -1);
  return name === "down" ? recall(state, 1) : step(state);
}

function toList(state: ChatState): Step {
  const at = listed(state).findIndex(({ id }) => id === state.open);
  return step({ ...state, choosing: Math.max(0, at) });
}

/** What was begun ends, one thing after the other. */
function leave(state: ChatState, draft = state.draft): Step {
  const { purpose, selected, offers, vim } = state;
  const rest: ChatState = { ...state, draft, offers: [], notice: null, recalled: null };
  if (offers.length > 0 && draft.text !== "") return step(rest);
  if (selected !== null) return step({ ...rest, selected: null, draft: EMPTY });
  if (draft.text.startsWith("/")) return step({ ...rest, draft: EMPTY });
  if (purpose.kind === "edit") return step({ ...rest, purpose: { kind: "send" }, draft: EMPTY });
  if (purpose.kind === "reply") return step({ ...rest, purpose: { kind: "send" } });
  return step({ ...rest, vim: vim === "insert" ? "normal" : vim });
}

function selectNewest(state: ChatState): Step {
  const newest = state.messages.at(-1);
  return step(newest ? selecting({ ...state, notice: null }, newest.number) : state);
}

/** How many texts are kept to be sent again. */
const KEPT_TEXTS = 100;

function enter(state: ChatState): Step {
  const { text, cursor } = state.draft;
  if (text.slice(0, cursor).endsWith("\\")) {
    const before = `${text.slice(0, cursor - 1)}\n`;
    return step({ ...state, draft: { text: before + text.slice(cursor), cursor: before.length } });
  }
  if (text.trim() === "") return step(state);
  const sent = [...state.sent.filter((one) => one !== text), text].slice(-KEPT_TEXTS);
  const next: ChatState = { ...state, sent, recalled: null, draft: EMPTY, offers: [] };
  if (/^\/[^/]/.test(text)) return runLine(next, text);
  return send(state, next, text.replace(/^\/\//, "/"));
}

function send(before: ChatState, state: ChatState, text: string): Step {
  const { purpose } = state;
  const next: ChatState = { ...state, purpose: { kind: "send" }, anchor: null, selected: null };
  const sent = withPeer(next, (id) => {
    if (purpose.kind === "edit") {
      const params = { message: purpose.number, text };
      return step(next, { kind: "call", method: "edit", params, text });
    }
    const reply = purpose.kind === "reply" ? { reply: purpose.number } : {};
    const params = { peer: peerOf(id), text, ...reply };
    return step(next, { kind: "call", method: "send", params, text });
  });
  if (sent.tasks.length === 0) return step({ ...before, notice: sent.state.notice });
  return state.last ? sent : step(sent.state, ...sent.tasks, { kind: "newest" });
}

/** Puts what was sent before, or after, into the input. */
function recall(state: ChatState, places: number): Step {
  const { sent, recalled } = state;
  const at = (recalled ?? sent.length) + places;
  if (at < 0 || sent.length === 0) return step(state);
  const draft: Draft = draftOf(sent[at] ?? "");
  return step({ ...state, draft, recalled: at < sent.length ? at : null });
}

function complete(state: ChatState): Step {
  const { text } = state.draft;
  if (!text.startsWith("/")) return step({ ...state, draft: draftOf(text) });
  const offers = offersFor(state, text);
  if (offers) return step(withOffers(state, offers));
  return step(state, { kind: "files", path: text.replace(/^\S*\s*/, "") });
}

/** Puts in what all offers begin with; shows them if there are several. */
export function withOffers(state: ChatState, offers: readonly string[]): ChatState {
  if (offers.length === 0) return { ...state, offers: [] };
  const common = offers.reduce((start, offer) => {
    let length = 0;
    while (length < start.length && start[length] === offer[length]) length++;
    return start.slice(0, length);
  });
  const longer = common.length > state.draft.text.length ? draftOf(common) : state.draft;
  return { ...state, draft: longer, offers: offers.length > 1 ? offers : [] };
}

/** Conversations, and what a search has found, as text for people and as JSON for scripts. */
import type { Conversation, Found } from "../../contacts/conversations.ts";
import type { MarkedPeer } from "../../contacts/contact_book.ts";
import { FOREVER } from "../../profile/tables/conversations.ts";
import { type HistoryEntry, nameOrText } from "../../profile/tables/history_entry.ts";
import { bodyText, entryTime, historyView } from "./history.ts";
import { isoTime, printable, printableLine, shownName, shownPeer } from "./printable.ts";
import type { Style, View } from "./style.ts";

/** Columns that a message in short may take. */
const SHORT = 60;
/** Characters of a text that stand before the first word that was searched for. */
const BEFORE = 24;

/** `peerJson` is what JSON says of the peer. */
export function conversationView(
  conversation: Conversation,
  peerJson: Record<string, unknown>,
  style: Style,
): View {
  const { peer, own, last, unread, firstUnread, mutedUntil, archived, draft } = conversation;
  const json = {
    ...peerJson,
    ...own && { own },
    ...{ unread, firstUnread, muted: mutedUntil !== undefined },
    ...mutedUntil !== undefined && mutedUntil < FOREVER && { mutedUntil: isoTime(mutedUntil) },
    ...{ archived, draft, last: last ? historyView(last, peer).json : null },
  };
  const marks = [
    unread > 0 && `${unread} unread`,
    mutedUntil !== undefined && mutedText(mutedUntil, style),
    archived && "archived",
    draft !== null && "draft",
  ].filter((mark) => mark !== false);
  const behind = marks.length > 0 ? ` [${marks.join(", ")}]` : "";
  const { paint } = style;
  const name = own ? `${paint.name("Notes")} (only you)` : shownPeer(peer, paint);
  const who = `${name}${behind}`;
  if (!last) return { json, text: who };
  const when = `${paint.aside(entryTime(last, style))} ${last.sent ? "→" : "←"}`;
  return { json, text: async () => `${who}  ${when} ${await short(last)}` };
}

function mutedText(until: number, { time }: Style): string {
  return until < FOREVER ? `muted until ${time(until)}` : "muted";
}

async function short({ body, deletedAt }: HistoryEntry): Promise<string> {
  if (deletedAt !== undefined) return "deleted";
  const [line, ...others] = ("text" in body ? body.text : bodyText(body)).split("\n");
  return printableLine(await shortened(others.length > 0 ? `${line}…` : line, SHORT));
}

/** A long text is shown from shortly before the first of `words`. */
export function foundView(
  { entry, peer }: Found,
  words: readonly string[],
  style: Style,
): View {
  const { json } = historyView(entry, peer);
  const { number, sent, body } = entry;
  const text = nameOrText(body).replace(/\s+/g, " ");
  const place = Math.max(0, text.toLowerCase().indexOf(words[0].toLowerCase()) - BEFORE);
  const start = text.length > SHORT ? text.lastIndexOf(" ", place) + 1 : 0;
  const { paint } = style;
  const when = paint.aside(`${number}  ${entryTime(entry, style)}`);
  const who = `${when} ${sent ? "→" : "←"} ${shownName(peer, paint)}`;
  const what = "file" in body ? "file " : "";
  const part = async () => (start > 0 ? "…" : "") + await shortened(text.slice(start), SHORT);
  return { json, text: async () => `${who}: ${what}${printableLine(await part())}` };
}

/** Loads what measures texts when there is one to be measured: that takes longer than all else. */
async function shortened(line: string, columns: number): Promise<string> {
  const layout = await import("./text_layout.ts");
  return layout.shortened(line, columns);
}

export function draftText(peer: MarkedPeer, draft: string | null): string {
  return draft === null ? `There is no draft to ${shownName(peer)}.` : printable(draft);
}

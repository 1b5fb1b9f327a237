/** Conversations, and what a search has found, as text for people and as JSON for scripts. */
import type { Conversation, Found } from "../../contacts/conversations.ts";
import type { MarkedPeer } from "../../contacts/contact_book.ts";
import { FOREVER } from "../../profile/tables/conversations.ts";
import { type HistoryEntry, nameOrText } from "../../profile/tables/history_entry.ts";
import { bodyText, entryTime, historyView } from "./history.ts";
import { shortened } from "./text_layout.ts";
import { isoTime, printable, printableLine, shownName, shownPeer } from "./printable.ts";
import type { Style } from "./style.ts";

/** Columns that a message in short may take. */
const SHORT = 60;
/** Characters of a text that stand before the first word that was searched for. */
const BEFORE = 24;

/** `who` is what JSON says of the peer. */
export function conversationView(
  conversation: Conversation,
  who: Record<string, unknown>,
  style: Style,
): { json: unknown; text: string } {
  const { peer, own, last, unread, firstUnread, mutedUntil, archived, draft } = conversation;
  const json = {
    ...who,
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
  const message = last
    ? `  ${paint.aside(entryTime(last, style))} ${last.sent ? "→" : "←"} ${short(last)}`
    : "";
  const name = own ? `${paint.name("Notes")} (only you)` : shownPeer(peer, paint);
  return { json, text: `${name}${behind}${message}` };
}

function mutedText(until: number, { time }: Style): string {
  return until < FOREVER ? `muted until ${time(until)}` : "muted";
}

function short({ body, deletedAt }: HistoryEntry): string {
  if (deletedAt !== undefined) return "deleted";
  const [line, ...others] = ("text" in body ? body.text : bodyText(body)).split("\n");
  return printableLine(shortened(others.length > 0 ? `${line}…` : line, SHORT));
}

/** A long text is shown from shortly before the first of `words`. */
export function foundView(
  { entry, peer }: Found,
  words: readonly string[],
  style: Style,
): { json: unknown; text: string } {
  const { json } = historyView(entry, peer);
  const { number, sent, body } = entry;
  const text = nameOrText(body).replace(/\s+/g, " ");
  const place = Math.max(0, text.toLowerCase().indexOf(words[0].toLowerCase()) - BEFORE);
  const start = text.length > SHORT ? text.lastIndexOf(" ", place) + 1 : 0;
  const part = (start > 0 ? "…" : "") + shortened(text.slice(start), SHORT);
  const { paint } = style;
  const when = paint.aside(`${number}  ${entryTime(entry, style)}`);
  const who = `${when} ${sent ? "→" : "←"} ${shownName(peer, paint)}`;
  const what = "file" in body ? `file ${printableLine(part)}` : printableLine(part);
  return { json, text: `${who}: ${what}` };
}

export function draftText(peer: MarkedPeer, draft: string | null): string {
  return draft === null ? `There is no draft to ${shownName(peer)}.` : printable(draft);
}

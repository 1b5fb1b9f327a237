/**
 * What a client may do to messages that are here already (`shared/PROTOCOL.md`, "What changes other
 * messages").
 */
import type { Bytes } from "../../shared/bytes.ts";
import { MAX_TIME } from "../../shared/limits.ts";
import { type Content, idsIn } from "../../shared/session/content.ts";
import type { Edit, ReactionNote, Receipt } from "../../shared/session/statement.ts";
import type { Profile } from "../profile/profile.ts";
import { type HistoryEntry, MAX_AHEAD, MAX_LATE } from "../profile/tables/history_entry.ts";

const DAY = 24 * 60 * 60 * 1000;
/** The longest time between a text and its last change. */
export const EDIT_TIME = DAY;
/** How far ahead of the clock here the time of a timer counts. */
const TIMER_AHEAD = DAY;

/** A change that a person may want to see, of the entry with this number. */
export type Change =
  | { readonly what: "edited"; readonly entry: number }
  | { readonly what: "deleted"; readonly entry: number }
  | { readonly what: "reaction"; readonly entry: number; readonly emoji: string };

/** Does what `from` asks for. What makes no sense does nothing. Call it in a transaction. */
export function applyChange(
  profile: Profile,
  from: Bytes,
  content: Content,
  now: number,
): Change[] {
  const { receipt, edit, delete: deleted, reaction } = content;
  const at = Math.min(content.at, MAX_TIME);
  if (receipt) noteReceipt(profile, from, receipt, at);
  if (edit) return applyEdit(profile, from, edit, { at, now });
  if (deleted) return idsIn(deleted).flatMap((id) => applyDeletion(profile, from, id, at));
  return reaction ? applyReaction(profile, from, reaction, at) : [];
}

function noteReceipt({ history }: Profile, from: Bytes, { state, ids }: Receipt, at: number): void {
  for (const id of idsIn(ids)) {
    const entry = history.sentWith(from, id);
    if (!entry || entry.readAt !== undefined) continue;
    const { number, deliveredAt } = entry;
    if (state === "read") history.mark(number, { deliveredAt: deliveredAt ?? at, readAt: at });
    else if (deliveredAt === undefined) history.mark(number, { deliveredAt: at });
  }
}

function applyEdit(
  { history }: Profile,
  from: Bytes,
  { target, text }: Edit,
  { at, now }: { at: number; now: number },
): Change[] {
  const entry = history.receivedAs(from, target);
  if (!entry || !canEdit(entry, at) || at < (entry.editedAt ?? 0)) return [];
  // The author's clock says both times, and may say anything: the clock here bounds them.
  const { stored } = entry;
  if (at > stored + MAX_AHEAD + EDIT_TIME || now > stored + EDIT_TIME + MAX_LATE) return [];
  history.mark(entry.number, { body: { text }, editedAt: at });
  return [{ what: "edited", entry: entry.number }];
}

/** Reports whether the author of a message may change it at this time. */
export function canEdit({ body, at: written, deletedAt }: HistoryEntry, at: number): boolean {
  return "text" in body && deletedAt === undefined && at <= written + EDIT_TIME;
}

function applyDeletion({ history }: Profile, from: Bytes, id: Bytes, at: number): Change[] {
  const entry = history.receivedAs(from, id);
  if (!entry || entry.deletedAt !== undefined) return [];
  history.erase(entry.number, at);
  return [{ what: "deleted", entry: entry.number }];
}

function applyReaction(
  { history }: Profile,
  from: Bytes,
  { target, emoji }: ReactionNote,
  at: number,
): Change[] {
  const entry = history.sentWith(from, target) ?? history.receivedAs(from, target);
  if (!entry || entry.deletedAt !== undefined) return [];
  const { reactions = {}, number } = entry;
  if (at < (reactions.peer?.at ?? 0)) return [];
  history.mark(number, { reactions: { ...reactions, peer: { emoji, at } } });
  return [{ what: "reaction", entry: number, emoji }];
}

/** Takes over the timer that `from` has set; reports whether it is the newest. */
export function takeTimer(
  { contacts }: Profile,
  from: Bytes,
  { id, at, timer: seconds = 0 }: Content,
  now: number,
): boolean {
  return contacts.setTimer(from, { seconds, at: Math.min(at, now + TIMER_AHEAD), id });
}

/** Entries of the history, as text for people and as JSON for scripts. */
import { toHex } from "../../../shared/bytes.ts";
import { sizeText } from "../../../shared/size.ts";
import type { MarkedPeer } from "../../contacts/contact_book.ts";
import { durationText } from "../../network/failures.ts";
import {
  type HistoryBody,
  type HistoryEntry,
  type HistoryFile,
  isClockWrong,
  nameOrText,
} from "../../profile/tables/history_entry.ts";
import type { WaitingMessage } from "../../waiting.ts";
import { isoTime, printable, printableLine, shownName } from "./printable.ts";
import { PLAIN_STYLE, type Style } from "./style.ts";
import { waitText } from "./transfers.ts";

/** What stands behind an entry that was not received. */
const STATES = { pending: " (not sent yet)", failed: " (not sent)", sent: " ✓", received: "" };
/** Characters of a message that is answered, which stand before the answer. */
const QUOTED = 60;

/** What an entry is shown with. */
export interface Shown {
  /** Why it is not on the server yet. */
  readonly waiting?: WaitingMessage;
  /** The message that it answers, if that is here. */
  readonly answered?: HistoryEntry;
}

/** The arrow of the text points to the receiver. */
export function historyView(
  entry: HistoryEntry,
  peer: MarkedPeer,
  { waiting, answered }: Shown = {},
  style = PLAIN_STYLE,
): { json: unknown; text: string } {
  const { number, sent, at, state, messageId, body, deletedAt } = entry;
  const json = {
    number,
    message: messageId ?? null,
    peer: { id: toHex(peer.id), name: peer.name },
    direction: sent ? "sent" : "received",
    at: isoTime(at),
    ...isClockWrong(entry) && { clock: "wrong" },
    state,
    ...(waiting ? waitJson(waiting) : {}),
    ...(deletedAt === undefined ? bodyJson(body) : {}),
    ...marksJson(entry, answered),
  };
  const what = deletedAt === undefined ? bodyText(body) : "deleted";
  const { paint } = style;
  const when = paint.aside(`${number}  ${entryTime(entry, style)}`);
  const who = `${when} ${sent ? "→" : "←"} ${shownName(peer, paint)}`;
  const wait = waiting && waitText(waiting.reason, waiting.retryAt, style);
  const behind = wait === undefined ? stateText(entry) : ` (${wait})`;
  const quote = quoteText(entry, answered);
  return { json, text: `${who}: ${quote}${what}${marksText(entry)}${behind}` };
}

/** Returns ✓ for what is on the server, and ✓✓ for what its receiver has. */
function stateText({ state, deliveredAt, readAt }: HistoryEntry): string {
  if (state !== "sent" || deliveredAt === undefined) return STATES[state];
  return readAt === undefined ? " ✓✓" : " ✓✓ read";
}

function marksText({ editedAt, reactions = {} }: HistoryEntry): string {
  const thoughts = [[reactions.peer, ""], [reactions.own, " by you"]] as const;
  const shown = thoughts.flatMap(([reaction, who]) => {
    return reaction?.emoji ? ` [${printableLine(reaction.emoji)}${who}]` : [];
  });
  return (editedAt === undefined ? "" : " (edited)") + shown.join("");
}

function quoteText({ reply }: HistoryEntry, answered: HistoryEntry | undefined): string {
  if (!reply) return "";
  if (!answered) return "(to a message that is not here) ";
  return `(to ${answered.number}, "${quoteOf(answered)}") `;
}

function quoteOf({ body, deletedAt }: HistoryEntry): string {
  const line = deletedAt === undefined ? printableLine(nameOrText(body)) : "deleted";
  const characters = [...line];
  return characters.length > QUOTED ? `${characters.slice(0, QUOTED).join("")}…` : line;
}

function marksJson(
  { sent, reply, editedAt, deletedAt, sentAt, deliveredAt, readAt, reactions, timer }: HistoryEntry,
  answered: HistoryEntry | undefined,
): Record<string, unknown> {
  const time = (at: number | undefined) => at === undefined ? undefined : isoTime(at);
  const start = sent ? sentAt : readAt;
  const [own, peer] = [reactions?.own?.emoji || undefined, reactions?.peer?.emoji || undefined];
  return {
    reply: reply && (answered ? { number: answered.number, text: quoteOf(answered) } : {}),
    edited: time(editedAt),
    deleted: time(deletedAt),
    delivered: sent ? time(deliveredAt) : undefined,
    read: time(readAt),
    reactions: own || peer ? { own, peer } : undefined,
    timer,
    expires: timer === undefined || start === undefined ? undefined : time(start + timer * 1000),
  };
}

/** Returns the time of an entry, with a mark if it cannot be true. */
export function entryTime(entry: HistoryEntry, { time }: Style): string {
  return time(entry.at) + (isClockWrong(entry) ? "?" : "");
}

function waitJson({ reason, retryAt }: WaitingMessage): { reason: string; retryAt?: string } {
  return retryAt === null ? { reason } : { reason, retryAt: isoTime(retryAt) };
}

function bodyJson(body: HistoryBody): Record<string, unknown> {
  if ("text" in body) return { text: body.text };
  if ("file" in body) return { file: fileJson(body.file) };
  if ("timer" in body) return { newTimer: body.timer };
  return "unknown" in body ? { unknown: body.unknown } : {};
}

export function bodyText(body: HistoryBody): string {
  if ("text" in body) return printable(body.text);
  if ("file" in body) return fileText(body.file);
  if ("timer" in body) return timerText(body.timer);
  return "unknown" in body ? unknownText(body.unknown) : "";
}

/** Returns what stands for a message of a kind that only newer versions know. */
export function unknownText(kind: string): string {
  return `a message of a newer version (${printableLine(kind)}); update to read such messages`;
}

/** Returns what was agreed on about how long messages stay, in seconds. */
export function timerText(seconds: number): string {
  if (seconds === 0) return "messages do not disappear any more";
  return `messages disappear ${durationText(seconds * 1000)} after they were sent or read`;
}

/** Without what opens it. */
function fileJson({ name, size, path }: HistoryFile): Partial<HistoryFile> {
  return { name, size, path };
}

function fileText({ name, size, path }: HistoryFile): string {
  const where = path === null ? "" : `, ${printableLine(path)}`;
  return `file of ${sizeText(size)}, ${printableLine(name)}${where}`;
}

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
} from "../../profile/tables/history_entry.ts";
import type { WaitingMessage } from "../../waiting.ts";
import { isoTime, localTime, printable, printableLine, shownName } from "./printable.ts";
import { waitText } from "./transfers.ts";

/** What stands behind an entry. */
const STATES = { pending: " (not sent yet)", failed: " (not sent)", sent: "", received: "" };

/** The arrow of the text points to the receiver. */
export function historyView(
  entry: HistoryEntry,
  peer: MarkedPeer,
  waiting?: WaitingMessage,
): { json: unknown; text: string } {
  const { number, sent, at, state, messageId, body } = entry;
  const json = {
    number,
    message: messageId ?? null,
    peer: { id: toHex(peer.id), name: peer.name },
    direction: sent ? "sent" : "received",
    at: isoTime(at),
    ...isClockWrong(entry) && { clock: "wrong" },
    state,
    ...(waiting ? waitJson(waiting) : {}),
    ...bodyJson(body),
  };
  const what = bodyText(body);
  const who = `${entryTime(entry)} ${sent ? "→" : "←"} ${shownName(peer)}`;
  const behind = waiting ? ` (${waitText(waiting.reason, waiting.retryAt)})` : STATES[state];
  return { json, text: `${who}: ${what}${behind}` };
}

/** Returns the time of an entry, with a mark if it cannot be true. */
export function entryTime(entry: HistoryEntry): string {
  return localTime(entry.at) + (isClockWrong(entry) ? "?" : "");
}

function waitJson({ reason, retryAt }: WaitingMessage): { reason: string; retryAt?: string } {
  return retryAt === null ? { reason } : { reason, retryAt: isoTime(retryAt) };
}

function bodyJson(body: HistoryBody): Record<string, unknown> {
  if ("text" in body) return { text: body.text };
  if ("file" in body) return { file: fileJson(body.file) };
  if ("timer" in body) return { timer: body.timer };
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

/** Entries of the history, as text for people and as JSON for scripts. */
import { toHex } from "../../../shared/bytes.ts";
import { sizeText } from "../../../shared/size.ts";
import type { MarkedPeer } from "../../contacts/contact_book.ts";
import type { HistoryEntry, HistoryFile } from "../../profile/tables/history.ts";
import type { WaitingMessage } from "../../waiting.ts";
import { isoTime, localTime, printable, printableLine, shownName } from "./printable.ts";
import { waitText } from "./transfers.ts";

/** What stands behind an entry. */
const STATES = { pending: " (not sent yet)", failed: " (not sent)", sent: "", received: "" };

/** The arrow of the text points to the receiver. */
export function historyView(
  { number, sent, at, state, messageId, body }: HistoryEntry,
  peer: MarkedPeer,
  waiting?: WaitingMessage,
): { json: unknown; text: string } {
  const json = {
    number,
    message: messageId ?? null,
    peer: { id: toHex(peer.id), name: peer.name },
    direction: sent ? "sent" : "received",
    at: isoTime(at),
    state,
    ...(waiting ? waitJson(waiting) : {}),
    ...("text" in body ? body : { file: fileJson(body.file) }),
  };
  const what = "text" in body ? printable(body.text) : fileText(body.file);
  const who = `${localTime(at)} ${sent ? "→" : "←"} ${shownName(peer)}`;
  const behind = waiting ? ` (${waitText(waiting.reason, waiting.retryAt)})` : STATES[state];
  return { json, text: `${who}: ${what}${behind}` };
}

function waitJson({ reason, retryAt }: WaitingMessage): { reason: string; retryAt?: string } {
  return retryAt === null ? { reason } : { reason, retryAt: isoTime(retryAt) };
}

/** Without what opens it. */
function fileJson({ name, size, path }: HistoryFile): Partial<HistoryFile> {
  return { name, size, path };
}

function fileText({ name, size, path }: HistoryFile): string {
  const where = path === null ? "" : `, ${printableLine(path)}`;
  return `file of ${sizeText(size)}, ${printableLine(name)}${where}`;
}

/** Entries of the history, as text for people and as JSON for scripts. */
import { toHex } from "../../../shared/bytes.ts";
import { sizeText } from "../../../shared/size.ts";
import type { MarkedPeer } from "../../contacts/contact_book.ts";
import type { HistoryEntry, HistoryFile } from "../../profile/tables/history.ts";
import { isoTime, localTime, printable, printableLine, shownName } from "./printable.ts";

/** What stands behind an entry. */
const STATES = { pending: " (not sent yet)", failed: " (not sent)", sent: "", received: "" };

/** The arrow of the text points to the receiver. */
export function historyView(
  { number, sent, at, state, messageId, body }: HistoryEntry,
  peer: MarkedPeer,
): { json: unknown; text: string } {
  const json = {
    number,
    message: messageId ?? null,
    peer: { id: toHex(peer.id), name: peer.name },
    direction: sent ? "sent" : "received",
    at: isoTime(at),
    state,
    ...("text" in body ? body : { file: fileJson(body.file) }),
  };
  const what = "text" in body ? printable(body.text) : fileText(body.file);
  const who = `${localTime(at)} ${sent ? "→" : "←"} ${shownName(peer)}`;
  return { json, text: `${who}: ${what}${STATES[state]}` };
}

/** Without what opens it. */
function fileJson({ name, size, path }: HistoryFile): Partial<HistoryFile> {
  return { name, size, path };
}

function fileText({ name, size, path }: HistoryFile): string {
  const where = path === null ? "" : `, ${printableLine(path)}`;
  return `file of ${sizeText(size)}, ${printableLine(name)}${where}`;
}

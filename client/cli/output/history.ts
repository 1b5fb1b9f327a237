/** Entries of the history, as text for people and as JSON for scripts. */
import { toHex } from "../../../shared/bytes.ts";
import { sizeText } from "../../../shared/size.ts";
import type { MarkedPeer } from "../../contacts/contact_book.ts";
import type { HistoryEntry, HistoryFile } from "../../profile/tables/history.ts";
import { isoTime, localTime, printable, printableLine, shownName } from "./printable.ts";

/** What stands behind an entry that was not sent. */
const STATES: Record<HistoryEntry["state"], string> = {
  pending: " (not sent yet)",
  failed: " (not sent)",
  sent: "",
  received: "",
};

/** Returns the JSON object of `entry`, from the history with `peer`, without a line end. */
export function historyJson(entry: HistoryEntry, { id, name }: MarkedPeer): string {
  const { number, sent, at, state, messageId, body } = entry;
  return JSON.stringify({
    number,
    message: messageId ?? null,
    peer: { id: toHex(id), name },
    direction: sent ? "sent" : "received",
    at: isoTime(at),
    state,
    ...("text" in body ? body : { file: fileJson(body.file) }),
  });
}

/** Returns the line of `entry`, from the history with `peer`; the arrow points to the receiver. */
export function historyText({ sent, at, state, body }: HistoryEntry, peer: MarkedPeer): string {
  const who = `${localTime(at)} ${sent ? "→" : "←"} ${shownName(peer)}`;
  return `${who}: ${"text" in body ? printable(body.text) : fileText(body.file)}${STATES[state]}`;
}

/** Without what opens it. */
function fileJson({ name, size, path }: HistoryFile): Partial<HistoryFile> {
  return { name, size, path };
}

function fileText({ name, size, path }: HistoryFile): string {
  const where = path === null ? "" : `, ${printableLine(path)}`;
  return `file of ${sizeText(size)}, ${printableLine(name)}${where}`;
}

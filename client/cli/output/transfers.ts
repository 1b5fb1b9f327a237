/** Files on their way, as text for people and as JSON for scripts. */
import { toHex } from "../../../shared/bytes.ts";
import { sizesText, sizeText } from "../../../shared/size.ts";
import type { TransferInfo } from "../../transfers/transfer_info.ts";
import { isoTime, localTime, printableLine, shownName } from "./printable.ts";

export function transferJson(transfer: TransferInfo): Record<string, unknown> {
  const { number, direction, peer, name, size, done, state, path, reason } = transfer;
  const started = isoTime(transfer.started);
  const ended = transfer.ended === null ? null : isoTime(transfer.ended);
  const head = { transfer: number, direction, peer: { id: toHex(peer.id), name: peer.name } };
  return { ...head, name, size, done, state, path, started, ended, reason };
}

/** Returns the line of a file that waits to be fetched. */
export function waitingText({ number, peer, name, size, started }: TransferInfo): string {
  const what = `${printableLine(name)}, ${sizeText(size)}, ${localTime(started)}`;
  return `${number}  ${shownName(peer)}: ${what}. Fetch it with: messaging-client fetch ${number}`;
}

/** Returns the line of a transfer; the arrow points to the receiver. */
export function transferText(transfer: TransferInfo): string {
  const { number, direction, peer, name } = transfer;
  const who = `${number}  ${direction === "up" ? "→" : "←"} ${shownName(peer)}`;
  return `${who}: ${printableLine(name)}, ${stateText(transfer)}`;
}

function stateText({ number, direction, state, size, done, path, reason }: TransferInfo): string {
  switch (state) {
    case "waiting":
      return `${sizeText(size)}, waits. Fetch it with: messaging-client fetch ${number}`;
    case "active":
      return `${sizesText(done, size)}, goes on with the next receive`;
    case "done":
      return `${sizeText(size)}, done` +
        (direction === "up" || path === null ? "" : `: ${printableLine(path)}`);
    case "cancelled":
      return `${sizeText(size)}, cancelled`;
    case "failed":
      return `${sizeText(size)}, failed: ${printableLine(reason ?? "?")}`;
  }
}

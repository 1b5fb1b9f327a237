/** Files on their way, as text for people and as JSON for scripts. */
import { toHex } from "../../../shared/bytes.ts";
import { sizesText, sizeText } from "../../../shared/size.ts";
import type { TransferInfo } from "../../transfers/transfer_info.ts";
import type { WaitingMessage } from "../../waiting.ts";
import type { Advise } from "./advice.ts";
import { isoTime, printableLine, shownName } from "./printable.ts";
import type { Style } from "./style.ts";

export function transferJson(transfer: TransferInfo): Record<string, unknown> {
  const { number, entry, direction, peer, name, size, done, state, path, reason } = transfer;
  const started = isoTime(transfer.started);
  const ended = transfer.ended === null ? null : isoTime(transfer.ended);
  const head = { transfer: number, direction, peer: { id: toHex(peer.id), name: peer.name } };
  const retryAt = transfer.retryAt === null ? {} : { retryAt: isoTime(transfer.retryAt) };
  return {
    ...head,
    name,
    size,
    done,
    state,
    path,
    started,
    ended,
    reason,
    ...retryAt,
    ...(entry === null ? {} : { entry }),
  };
}

/** How much of an ID tells two clients apart that are called alike. */
const FIRST_DIGITS = 8;

/** Returns the line of a file that waits to be fetched. */
export function waitingText(
  { number, peer, name, size, started }: TransferInfo,
  advise: Advise,
  { paint, time }: Style,
): string {
  const what = `${printableLine(name)}, ${sizeText(size)}, ${time(started)}`;
  const from = `${shownName(peer, paint)} (ID ${toHex(peer.id).slice(0, FIRST_DIGITS)})`;
  return `${paint.aside(`${number}`)}  ${from}: ${what}. ` +
    advise(`Fetch it with: messaging-client fetch ${number}`);
}

/** Returns the line of a transfer; the arrow points to the receiver. */
export function transferText(transfer: TransferInfo, advise: Advise, style: Style): string {
  const { number, direction, peer, name } = transfer;
  const { paint } = style;
  const arrow = direction === "up" ? "→" : "←";
  const who = `${paint.aside(`${number}`)}  ${arrow} ${shownName(peer, paint)}`;
  return `${who}: ${printableLine(name)}, ${stateText(transfer, advise, style)}`;
}

export function keptJson({ entry, to, what, since, reason, retryAt }: WaitingMessage) {
  const peer = { id: toHex(to.id), name: to.name };
  const retry = retryAt === null ? null : isoTime(retryAt);
  return { waiting: what, number: entry, peer, since: isoTime(since), reason, retryAt: retry };
}

/** Returns the line of a message that waits to be sent. */
export function keptText(
  { to, what, since, reason, retryAt }: WaitingMessage,
  style: Style,
): string {
  const message = what === "text" ? "a text" : "the announcement of a file";
  const { paint, time } = style;
  const wait = waitText(reason, retryAt, style);
  return `→ ${shownName(to, paint)}: ${message} of ${time(since)}, ${wait}`;
}

/** Returns why something waits, and when it is tried again. */
export function waitText(
  reason: string | null,
  retryAt: number | null,
  { time }: Style,
): string {
  const why = reason === null ? "" : `: ${printableLine(reason)}`;
  const when = retryAt === null ? "" : `; tried again after ${time(retryAt)}`;
  return `waits${why}${when}`;
}

function stateText(transfer: TransferInfo, advise: Advise, style: Style): string {
  const { number, direction, state, size, done, path, reason, retryAt } = transfer;
  switch (state) {
    case "waiting":
      return `${sizeText(size)}, waits. ` +
        advise(`Fetch it with: messaging-client fetch ${number}`);
    case "active":
      if (retryAt !== null) return `${sizesText(done, size)}, ${waitText(reason, retryAt, style)}`;
      return `${sizesText(done, size)}, goes on with the next receive`;
    case "done":
      return `${sizeText(size)}, done` +
        (direction === "up" || path === null ? "" : `: ${printableLine(path)}`);
    case "cancelled":
      return `${sizeText(size)}, cancelled`;
    case "failed":
      return `${sizeText(size)}, ${style.paint.bad("failed")}: ${printableLine(reason ?? "?")}`;
  }
}

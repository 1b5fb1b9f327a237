/**
 * The results of commands as lines for standard output: text for people, or JSON for scripts. IDs
 * and keys are lower-case hex.
 */
import { type Bytes, toHex } from "../../../shared/bytes.ts";
import type { ClientEntry } from "../../../shared/protocol/message.ts";
import { sizeText } from "../../../shared/size.ts";
import { type Address, formatAddress } from "../../network/address.ts";
import type { Sent } from "../../sending.ts";
import type { FetchedFile, TransferInfo } from "../../transfers/transfer_info.ts";
import type { MarkedPeer, Trust } from "../../contacts/contact_book.ts";
import type { Received } from "../../inbox/received.ts";
import type { Peer } from "../../contacts/peers.ts";
import type { Conversation } from "../../contacts/conversations.ts";
import type { HistoryEntry } from "../../profile/tables/history_entry.ts";
import type { WaitingMessage } from "../../waiting.ts";
import type { Advise } from "./advice.ts";
import { NO_PAINT, type Paint } from "./colour.ts";
import { conversationView, draftText, foundView } from "./conversations.ts";
import { type DeclinedContents, declinedText } from "./declined.ts";
import { historyView, type Shown, timerText, unknownText } from "./history.ts";
import { isoTime, localTime, printable, printableLine, shownName, shownPeer } from "./printable.ts";
import { type Registered, registeredText } from "./registered.ts";
import { type Status, statusView } from "./status.ts";
import type { Style, View } from "./style.ts";
import { keptJson, keptText, transferJson, transferText, waitingText } from "./transfers.ts";
import { type Screen, trustText } from "./trust.ts";
import { type UnusableMessages, unusableText } from "./unusable.ts";

/** A message that was received, or a part of the agreement on keys. */
type Message = Exclude<Received, { type: "problem" | "notice" | "unusable" | "declined" }>;

/** One result of a command. */
export type Output =
  | { kind: "server"; address: Address; key: Bytes | undefined }
  | { kind: "identity"; identity: ClientEntry }
  | { kind: "registered"; owner: Registered }
  | { kind: "unregistered"; identity: ClientEntry }
  /** The text of a brief one is a name or an alias alone. */
  | { kind: "client"; client: MarkedPeer; brief?: boolean }
  | { kind: "public-key"; client: ClientEntry & { publicKey: Bytes } }
  /** The path is that of one of several files. */
  | { kind: "sent"; sent: Sent; path?: string }
  | { kind: "received"; received: Message & { muted?: true } }
  | { kind: "fetched"; file: FetchedFile }
  | { kind: "waiting"; transfer: TransferInfo }
  | { kind: "transfer"; transfer: TransferInfo }
  | { kind: "notice"; notice: { type: "notice"; text: string } }
  | { kind: "unusable"; messages: UnusableMessages }
  | { kind: "declined"; contents: DeclinedContents }
  | { kind: "kept"; message: WaitingMessage }
  /** `waiting` says why it is not on the server yet. */
  | { kind: "history"; entry: HistoryEntry; peer: MarkedPeer } & Shown
  /** After how many seconds messages disappear; 0: they stay. */
  | { kind: "timer"; peer: MarkedPeer; seconds: number }
  | { kind: "receipts"; peer: MarkedPeer; on: boolean }
  | { kind: "forgotten"; peer: MarkedPeer; count: number }
  | { kind: "conversation"; conversation: Conversation }
  | { kind: "found"; entry: HistoryEntry; peer: MarkedPeer; words: readonly string[] }
  | { kind: "read"; peer: MarkedPeer; count: number }
  | { kind: "draft"; peer: MarkedPeer; draft: string | null }
  | { kind: "trust"; peer: string; trust: Trust }
  | { kind: "card"; card: string }
  | { kind: "passphrase"; action: keyof typeof PASSPHRASE_TEXTS }
  | { kind: "exported"; path: string }
  | { kind: "imported"; path: string; identity: ClientEntry }
  | { kind: "status"; status: Status }
  /** Whether there was an engine. */
  | { kind: "stopped"; stopped: boolean };

/** Who will see a result. */
export interface Viewer extends Partial<Style> {
  /** Where a person sees it. */
  readonly screen?: Screen;
  /** Completes commands that are advised. */
  readonly advise?: Advise;
}

/** Returns what JSON says of one result; see `schemas.ts`. */
export function jsonOf(output: Output, viewer: Viewer = {}): unknown {
  return viewOf(output, viewer).json;
}

/** Returns the JSON object of one result, without a line end. */
export function toJson(output: Output, viewer?: Viewer): string {
  return JSON.stringify(jsonOf(output, viewer));
}

/** Returns the text of one result, without a line end. */
export async function toText(output: Output, viewer: Viewer = {}): Promise<string> {
  const { text } = viewOf(output, viewer);
  return typeof text === "string" ? text : await text();
}

function viewOf(
  output: Output,
  { screen, advise = (text) => text, paint = NO_PAINT, time = localTime }: Viewer,
): View {
  const style = { paint, time };
  switch (output.kind) {
    case "identity":
      return { json: idAndName(output.identity), text: identityText(output.identity) };
    case "registered": {
      const { identity } = output.owner;
      const text = screen ? registeredText(output.owner, advise) : identityText(identity);
      return { json: idAndName(identity), text };
    }
    case "unregistered": {
      const { identity } = output;
      const text = `${printableLine(identity.name)} is not registered any more. ` +
        advise("To register it again: messaging-client register");
      return { json: { ...idAndName(identity), unregistered: true }, text };
    }
    case "server": {
      const address = formatAddress(output.address);
      const key = output.key ? toHex(output.key) : null;
      return { json: { address, key }, text: `${address}  ${key ?? "no key known yet"}` };
    }
    case "client": {
      const { client } = output;
      const json = { ...idAndName(client), ...authenticity(client), ...marks(client) };
      const brief = printableLine(client.alias ?? client.name);
      return {
        json,
        text: output.brief ? brief : `${toHex(client.id)}  ${shownPeer(client, paint)}`,
      };
    }
    case "public-key": {
      const publicKey = toHex(output.client.publicKey);
      return { json: { ...idAndName(output.client), publicKey }, text: publicKey };
    }
    case "sent": {
      const { sent: { message, to, entry }, path } = output;
      const json = { message, to: idAndName(to), ...authenticity(to), path, entry };
      if (message === 0) return { json, text: `Note ${entry} is kept here.` };
      const what = path === undefined ? "" : `, ${printableLine(path)},`;
      // The number by which it can be answered or changed, where there is one.
      const number = entry ?? message;
      return {
        json,
        text: `Message ${number} to ${shownName(to, paint)}${what} is on the server.`,
      };
    }
    case "received": {
      const { message, from, type, ...rest } = output.received;
      const at = "at" in rest ? { at: isoTime(rest.at) } : {};
      const json = {
        message,
        from: idAndName(from),
        ...authenticity(from),
        type,
        ...rest,
        ...at,
      };
      const text = receivedText(output.received, advise, paint);
      // In a pipe the lines are what scripts expect; --json has the time.
      const hasTime = screen !== undefined && "at" in rest;
      return { json, text: hasTime ? `${paint.aside(time(rest.at))} ${text}` : text };
    }
    case "fetched": {
      const { number: transfer, from, name, path, size } = output.file;
      const file = { transfer, from: idAndName(from), ...authenticity(from) };
      return {
        json: { ...file, type: "file", path, size, name },
        text: fileText(output.file, paint),
      };
    }
    case "waiting":
      return {
        json: transferJson(output.transfer),
        text: waitingText(output.transfer, advise, style),
      };
    case "transfer":
      return {
        json: transferJson(output.transfer),
        text: transferText(output.transfer, advise, style),
      };
    case "kept":
      return { json: keptJson(output.message), text: keptText(output.message, style) };
    case "notice": {
      const { type } = output.notice;
      const text = advise(output.notice.text);
      return { json: { type, text }, text: printable(text) };
    }
    case "unusable": {
      const { from, flaw, count } = output.messages;
      const json = { type: "unusable", from: idAndName(from), ...authenticity(from), flaw, count };
      return { json, text: unusableText(output.messages, advise) };
    }
    case "declined": {
      const { from, ...rest } = output.contents;
      const json = { type: "declined", from: idAndName(from), ...authenticity(from), ...rest };
      return { json, text: declinedText(output.contents) };
    }
    case "history":
      return historyView(output.entry, output.peer, output, style);
    case "timer": {
      const { peer, seconds } = output;
      const now = seconds === 0 ? "messages do not disappear" : timerText(seconds);
      const text = `${shownName(peer)}: ${now}`;
      return { json: { peer: idAndName(peer), timer: seconds }, text };
    }
    case "receipts": {
      const { peer, on } = output;
      const text = `${shownName(peer)} is ${on ? "" : "not "}told what arrived and was read.`;
      return { json: { peer: idAndName(peer), receipts: on }, text };
    }
    case "forgotten": {
      const { peer, count } = output;
      const text = `Deleted from the history with ${shownName(peer)}: ${count}.`;
      return { json: { ...idAndName(peer), forgotten: count }, text };
    }
    case "conversation": {
      const { peer } = output.conversation;
      const who = { peer: idAndName(peer), ...authenticity(peer), ...marks(peer) };
      return conversationView(output.conversation, who, style);
    }
    case "found":
      return foundView(output, output.words, style);
    case "read": {
      const { peer, count } = output;
      return { json: { ...idAndName(peer), read: count }, text: `Read now: ${count}.` };
    }
    case "draft": {
      const { peer, draft } = output;
      return { json: { ...idAndName(peer), draft }, text: draftText(peer, draft) };
    }
    case "trust": {
      const { safetyNumber, verified } = output.trust;
      return {
        json: { safetyNumber, verified },
        text: trustText(output.peer, output.trust, { screen, advise }),
      };
    }
    case "card":
      return { json: { card: output.card }, text: printableLine(output.card) };
    case "passphrase": {
      const { action } = output;
      return { json: { protected: action !== "remove" }, text: PASSPHRASE_TEXTS[action] };
    }
    case "exported": {
      const text =
        `The profile is in ${printableLine(output.path)}, protected by its passphrase. ` +
        "To move it: messaging-client --profile DIR import FILE\n" +
        "Use it in one place only: after the import, no longer here.";
      return { json: { exported: output.path }, text };
    }
    case "imported": {
      const text = `${identityText(output.identity)}\n` +
        "The profile is here now: do not use it any more where it was exported.";
      return { json: { imported: output.path, ...idAndName(output.identity) }, text };
    }
    case "status":
      return statusView(output.status);
    case "stopped": {
      const { stopped } = output;
      return { json: { stopped }, text: stopped ? "The engine has ended." : "No engine runs." };
    }
  }
}

const PASSPHRASE_TEXTS = {
  set: "The profile is protected. A lost passphrase cannot be recovered.",
  change: "The profile has the new passphrase. Earlier copies of it have the old one.",
  remove: "The profile is no longer protected: anyone who reads its files can act in your name.",
};

function identityText({ id, name }: ClientEntry): string {
  return `${toHex(id)}  ${printableLine(name)}`;
}

/** A message begins with its number, by which it can be answered or changed. */
function receivedText(received: Message, advise: Advise, paint: Paint): string {
  const { entry, type } = received;
  const isMessage = type !== "edited" && type !== "deleted" && type !== "reaction";
  const number = isMessage && entry !== undefined ? `${paint.aside(`${entry}`)}  ` : "";
  return number + messageText(received, advise, paint);
}

function messageText(received: Message, advise: Advise, paint: Paint): string {
  const from = senderText(received, paint);
  switch (received.type) {
    case "text":
      return `${from}: ${printable(received.text)}`;
    case "file":
      return fileText(received, paint);
    case "announced":
      return `${from} sent a file of ${sizeText(received.size)}: ${
        printableLine(received.name)
      }. ` +
        advise(`Fetch it with: messaging-client fetch ${received.transfer}`);
    case "timer":
      return `${from}: ${timerText(received.seconds)}`;
    case "unknown":
      return `${from}: ${unknownText(received.kind)}`;
    case "edited":
      // Deleted since.
      if (received.text === "") return `${from} changed message ${received.entry}.`;
      return `${from} changed message ${received.entry}: ${printable(received.text)}`;
    case "deleted":
      return `${from} deleted message ${received.entry}.`;
    case "reaction":
      if (received.emoji === "") return `${from} took back what was thought of ${received.entry}.`;
      return `${from}: ${printableLine(received.emoji)} to message ${received.entry}`;
    case "key-request":
      return `${from} asked for a key, and got one.`;
    case "key":
      return `${from} sent a key.`;
  }
}

type Sender = Pick<Message, "from" | "firstContact">;

/** Returns the name of a sender. Names can look alike, so that of a new one comes with its ID. */
function senderText({ from, firstContact }: Sender, paint: Paint): string {
  if (!firstContact) return shownName(from, paint);
  const digits = toHex(from.id).slice(0, SHOWN_DIGITS).match(/.{4}/g)?.join(" ");
  return `${shownName(from, paint)} ${paint.warning(`(new, ID ${digits})`)}`;
}

function fileText(
  file: Pick<FetchedFile, "from" | "size" | "path"> & Sender,
  paint: Paint,
): string {
  const { size, path } = file;
  return `${senderText(file, paint)} sent a file of ${sizeText(size)}: ${printableLine(path)}`;
}

/** Digits of an ID that are shown beside a first message: 48 bits. */
const SHOWN_DIGITS = 12;

/** Returns nothing in a classic profile, which can authenticate nobody. */
function authenticity({ authenticated }: Peer): { authenticated?: boolean } {
  return authenticated === undefined ? {} : { authenticated };
}

/** Returns nothing in a classic profile, either. */
function marks({ alias, verified, blocked, namesake }: MarkedPeer): Record<string, unknown> {
  return verified === undefined ? {} : { verified, blocked, alias: alias ?? null, namesake };
}

function idAndName({ id, name }: ClientEntry): { id: string; name: string } {
  return { id: toHex(id), name };
}

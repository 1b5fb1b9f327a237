/**
 * The results of commands as lines for standard output: text for people, or JSON for scripts. IDs
 * and keys are lower-case hex.
 */
import { renderUnicodeCompact } from "uqr";
import { type Bytes, toHex } from "../../../shared/bytes.ts";
import type { ClientEntry } from "../../../shared/protocol/message.ts";
import { qrTextOf } from "../../../shared/session/safety_number.ts";
import { sizeText } from "../../../shared/size.ts";
import { type Address, formatAddress } from "../../network/address.ts";
import type { Sent } from "../../sending.ts";
import type { FetchedFile, TransferInfo } from "../../transfers/transfer_info.ts";
import type { MarkedPeer, Trust } from "../../contacts/contact_book.ts";
import type { Received } from "../../inbox/received.ts";
import type { Peer } from "../../contacts/peers.ts";
import type { HistoryEntry } from "../../profile/tables/history.ts";
import { historyJson, historyText } from "./history.ts";
import { isoTime, printable, printableLine, shownName, shownPeer } from "./printable.ts";
import { transferJson, transferText, waitingText } from "./transfers.ts";

/** A message that was received, or a part of the agreement on keys. */
type Message = Exclude<Received, { type: "problem" | "notice" }>;
/** Something that happened while messages were received. */
type Notice = Extract<Received, { type: "notice" }>;

type PassphraseAction = "set" | "change" | "remove";

/** One result of a command. */
export type Output =
  | { kind: "server"; address: Address; key: Bytes | undefined }
  | { kind: "identity"; identity: ClientEntry }
  | { kind: "client"; client: MarkedPeer }
  | { kind: "public-key"; client: ClientEntry & { publicKey: Bytes } }
  /** The path is that of one of several files. */
  | { kind: "sent"; sent: Sent; path?: string }
  | { kind: "received"; received: Message }
  | { kind: "fetched"; file: FetchedFile }
  | { kind: "waiting"; transfer: TransferInfo }
  | { kind: "transfer"; transfer: TransferInfo }
  | { kind: "notice"; notice: Pick<Notice, "type" | "text"> }
  | { kind: "history"; entry: HistoryEntry; peer: MarkedPeer }
  | { kind: "forgotten"; peer: MarkedPeer; count: number }
  | { kind: "trust"; peer: string; trust: Trust }
  | { kind: "card"; card: string }
  | { kind: "passphrase"; action: PassphraseAction }
  | { kind: "exported"; path: string }
  | { kind: "imported"; path: string; identity: ClientEntry };

/** Returns the JSON object of one result, without a line end. */
export function toJson(output: Output): string {
  if (output.kind === "history") return historyJson(output.entry, output.peer);
  return JSON.stringify(jsonOf(output));
}

function jsonOf(output: Exclude<Output, { kind: "history" }>): unknown {
  switch (output.kind) {
    case "identity":
      return idAndName(output.identity);
    case "server": {
      const key = output.key ? toHex(output.key) : null;
      return { address: formatAddress(output.address), key };
    }
    case "client": {
      const { client } = output;
      return { ...idAndName(client), ...authenticity(client), ...marks(client) };
    }
    case "public-key":
      return { ...idAndName(output.client), publicKey: toHex(output.client.publicKey) };
    case "sent": {
      const { sent: { message, to }, path } = output;
      return { message, to: idAndName(to), ...authenticity(to), path };
    }
    case "received": {
      const { message, from, type, ...rest } = output.received;
      const time = "at" in rest ? { at: isoTime(rest.at) } : {};
      return { message, from: idAndName(from), ...authenticity(from), type, ...rest, ...time };
    }
    case "fetched": {
      const { number, from, name, path, size } = output.file;
      const file = { transfer: number, from: idAndName(from), ...authenticity(from) };
      return { ...file, type: "file", path, size, name };
    }
    case "waiting":
    case "transfer":
      return transferJson(output.transfer);
    case "notice":
      return { type: output.notice.type, text: output.notice.text };
    case "forgotten":
      return { ...idAndName(output.peer), forgotten: output.count };
    case "trust": {
      const { safetyNumber, verified } = output.trust;
      return { safetyNumber, verified };
    }
    case "card":
      return { card: output.card };
    case "passphrase":
      return { protected: output.action !== "remove" };
    case "exported":
      return { exported: output.path };
    case "imported":
      return { imported: output.path, ...idAndName(output.identity) };
  }
}

/** Returns the text of one result, without a line end; `rich` is for a person at a terminal. */
export function toText(output: Output, { rich = false } = {}): string {
  switch (output.kind) {
    case "identity":
      return identityText(output.identity);
    case "client":
      return `${toHex(output.client.id)}  ${shownPeer(output.client)}`;
    case "server": {
      const key = output.key ? toHex(output.key) : "no key known yet";
      return `${formatAddress(output.address)}  ${key}`;
    }
    case "public-key":
      return toHex(output.client.publicKey);
    case "sent":
      return sentText(output.sent, output.path);
    case "received":
      return receivedText(output.received);
    case "fetched": {
      const { from, size, path } = output.file;
      return fileText(from, size, path);
    }
    case "waiting":
      return waitingText(output.transfer);
    case "transfer":
      return transferText(output.transfer);
    case "notice":
      return printable(output.notice.text);
    case "history":
      return historyText(output.entry, output.peer);
    case "forgotten":
      return `Deleted from the history with ${shownName(output.peer)}: ${output.count}.`;
    case "trust":
      return trustText(output.peer, output.trust, rich);
    case "card":
      return printableLine(output.card);
    case "passphrase":
      return PASSPHRASE_TEXTS[output.action];
    case "exported":
      return `The profile is in ${printableLine(output.path)}, protected by its passphrase. To ` +
        "move it: messaging-client --profile DIR import FILE\n" +
        "Use it in one place only: after the import, no longer here.";
    case "imported":
      return `${identityText(output.identity)}\n` +
        "The profile is here now: do not use it any more where it was exported.";
  }
}

const PASSPHRASE_TEXTS: Record<PassphraseAction, string> = {
  set: "The profile is protected. A lost passphrase cannot be recovered.",
  change: "The profile has the new passphrase. Earlier copies of it have the old one.",
  remove: "The profile is no longer protected: anyone who reads its files can act in your name.",
};

function identityText({ id, name }: ClientEntry): string {
  return `${toHex(id)}  ${printableLine(name)}`;
}

function receivedText(received: Message): string {
  const from = shownName(received.from);
  switch (received.type) {
    case "text":
      return `${from}: ${printable(received.text)}`;
    case "file":
      return fileText(received.from, received.size, received.path);
    case "announced": {
      const { size, name, transfer } = received;
      return `${from} sent a file of ${sizeText(size)}: ${printableLine(name)}. ` +
        `Fetch it with: messaging-client fetch ${transfer}`;
    }
    case "key-request":
      return `${from} asked for a key, and got one.`;
    case "key":
      return `${from} sent a key.`;
  }
}

function sentText({ message, to }: Sent, path?: string): string {
  const what = path === undefined ? "" : `, ${printableLine(path)},`;
  return `Message ${message} to ${shownName(to)}${what} is on the server.`;
}

function fileText(from: Peer, size: number, path: string): string {
  return `${shownName(from)} sent a file of ${sizeText(size)}: ${printableLine(path)}`;
}

/** Groups of a safety number on a line. */
const GROUPS_PER_LINE = 4;

function trustText(peer: string, { safetyNumber, verified }: Trust, rich: boolean): string {
  const groups = safetyNumber.split(" ");
  const lines: string[] = [];
  for (let at = 0; at < groups.length; at += GROUPS_PER_LINE) {
    lines.push(`  ${groups.slice(at, at + GROUPS_PER_LINE).join(" ")}`);
  }
  if (rich) lines.push("", renderUnicodeCompact(qrTextOf(groups.join("")), { border: 2 }), "");
  const name = printableLine(peer);
  const next = `Does ${name} see the same? Then: messaging-client verify --yes ${name}`;
  lines.push(verified ? `${name} is verified.` : `${name} is not verified. ${next}`);
  return lines.join("\n");
}

/** Returns nothing in a classic profile, which can authenticate nobody. */
function authenticity({ authenticated }: Peer): { authenticated?: boolean } {
  return authenticated === undefined ? {} : { authenticated };
}

/** Returns nothing in a classic profile, either. */
function marks({ alias, verified, blocked }: MarkedPeer): Record<string, unknown> {
  return verified === undefined ? {} : { verified, blocked, alias: alias ?? null };
}

function idAndName({ id, name }: ClientEntry): { id: string; name: string } {
  return { id: toHex(id), name };
}

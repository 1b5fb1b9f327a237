/** Results of commands, in which other clients are called as they are called here. */
import type { Client } from "../client.ts";
import type { MarkedPeer } from "../contacts/contact_book.ts";
import type { HistoryEntry } from "../profile/tables/history_entry.ts";
import type { Sent } from "../sending.ts";
import type { TransferInfo } from "../transfers/transfer_info.ts";
import type { WaitingMessage } from "../waiting.ts";
import type { OpenedClient } from "../open_client.ts";
import type { Output } from "./output/output.ts";

type Result<K extends Output["kind"]> = Extract<Output, { kind: K }>;

/** Returns what the owner of a profile that has just been registered is told. */
export function registeredResult(
  { client, profile, address }: OpenedClient,
): Result<"registered"> {
  const { folder, secureIdentity } = profile;
  const card = secureIdentity && client.contactBook.card();
  return { kind: "registered", owner: { identity: client.whoami(), address, folder, card } };
}

export function sentResult(
  { contactBook }: Client,
  { to, ...sent }: Sent,
  path?: string,
): Result<"sent"> {
  return { kind: "sent", sent: { ...sent, to: contactBook.marked(to) }, path };
}

/** Returns an entry of the history with `peer`, or with whom it is. */
export function historyResult(
  client: Client,
  entry: HistoryEntry,
  { waiting, peer = client.contactBook.withId(entry.peer) }: {
    waiting?: WaitingMessage;
    peer?: MarkedPeer;
  } = {},
): Result<"history"> {
  return { kind: "history", entry, peer, waiting, answered: client.contactBook.answered(entry) };
}

export function transferResult<K extends "waiting" | "transfer">(
  { contactBook }: Client,
  kind: K,
  transfer: TransferInfo,
): { kind: K; transfer: TransferInfo } {
  return { kind, transfer: { ...transfer, peer: contactBook.marked(transfer.peer) } };
}

export function keptResult({ contactBook }: Client, message: WaitingMessage): Result<"kept"> {
  return { kind: "kept", message: { ...message, to: contactBook.marked(message.to) } };
}

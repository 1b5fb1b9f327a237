/** Results of commands, in which other clients are called as they are called here. */
import type { Client } from "../client.ts";
import type { Sent } from "../sending.ts";
import type { TransferInfo } from "../transfers/transfer_info.ts";
import type { WaitingMessage } from "../waiting.ts";
import type { Output } from "./output/output.ts";

type Result<K extends Output["kind"]> = Extract<Output, { kind: K }>;

export function sentResult(
  { contactBook }: Client,
  { message, to }: Sent,
  path?: string,
): Result<"sent"> {
  return { kind: "sent", sent: { message, to: contactBook.marked(to) }, path };
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

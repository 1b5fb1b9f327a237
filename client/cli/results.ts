/** Results of commands, in which other clients are called as they are called here. */
import type { Client } from "../client.ts";
import type { Sent } from "../sending.ts";
import type { TransferInfo } from "../transfers/transfer_info.ts";
import type { WaitingMessage } from "../waiting.ts";
import type { Output } from "./output/output.ts";

export function sentResult({ contactBook }: Client, { message, to }: Sent, path?: string): Output {
  return { kind: "sent", sent: { message, to: contactBook.marked(to) }, path };
}

export function transferResult(
  { contactBook }: Client,
  kind: "waiting" | "transfer",
  transfer: TransferInfo,
): Output {
  return { kind, transfer: { ...transfer, peer: contactBook.marked(transfer.peer) } };
}

export function keptResult({ contactBook }: Client, message: WaitingMessage): Output {
  return { kind: "kept", message: { ...message, to: contactBook.marked(message.to) } };
}

import { clientCommand } from "../command.ts";
import { TRANSFER } from "../operands.ts";
import { keptResult, transferResult } from "../results.ts";

export const transfers = clientCommand({
  name: "transfers",
  operands: {
    action: { words: ["cancel"], optional: true },
    cancelled: { ...TRANSFER, optional: "with the one before" },
  },
  summary: "List what is on its way, or give a file up",
  details:
    "Files, one a line: ID, direction, the other client, name, and progress; then the texts\n" +
    "that wait, and why. After cancel, no more of the file is sent or fetched, and what there\n" +
    "is of it is removed; a received file cannot be fetched any more.",
  nothing: "Nothing is on its way.",
  needsServer: ({ cancelled }) => cancelled !== undefined,
  results: ["transfer", "kept"],
  async *run({ cancelled }, { client }) {
    if (cancelled !== undefined) await client.cancelTransfer(cancelled);
    for (const transfer of client.transfers()) {
      if (cancelled === undefined || transfer.number === cancelled) {
        yield transferResult(client, "transfer", transfer);
      }
    }
    if (cancelled !== undefined) return;
    for (const message of client.waiting()) yield keptResult(client, message);
  },
});

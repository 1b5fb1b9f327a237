import { clientCommand } from "../command.ts";
import { transferResult } from "../results.ts";

export const files = clientCommand({
  name: "files",
  summary: "List the files that wait to be fetched",
  details: "One a line: ID, sender, name, size, and when it was sent. Needs no server; receive\n" +
    "tells of new ones.",
  needsServer: () => false,
  menu: [{ key: "54", label: "Waiting files" }],
  nothing: "No files.",
  results: ["waiting"],
  async *run(_, { client }) {
    for (const transfer of client.files()) yield transferResult(client, "waiting", transfer);
  },
});

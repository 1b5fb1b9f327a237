import { clientCommand } from "../command.ts";
import { parseCount, PEER } from "../operands.ts";

export const markRead = clientCommand({
  name: "mark-read",
  operands: { peer: PEER },
  options: {
    "up-to": {
      value: "NUMBER",
      integer: true,
      help: "Up to the entry with this number (default: all)",
      parse: (text) => parseCount(text, "--up-to"),
    },
  },
  summary: "Note that the messages of a client are read",
  details: "What receive and history show on a terminal counts as read by itself; what is read,\n" +
    "receive shows no more. Needs no server: where the client is to know it, a later command\n" +
    "tells it.",
  needsServer: () => false,
  results: ["read"],
  async *run({ peer, "up-to": last }, { client }) {
    const contact = client.contactBook.contact(peer);
    yield { kind: "read", peer: contact, count: (await client.markRead(peer, last)).length };
  },
});

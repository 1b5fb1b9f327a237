import { clientCommand } from "../command.ts";
import { PEER } from "../operands.ts";

export const history = clientCommand({
  name: "history",
  operands: { peer: PEER },
  options: { search: { value: "WORD", help: "Only entries with WORD, in upper or lower case" } },
  summary: "Show what was sent to a client and received from it",
  details: "Needs no server. Times are local. Files are listed by name and size.",
  needsServer: () => false,
  menu: [{
    key: "6",
    label: "History with a client",
    questions: ["Client's name: ", "Only entries with (empty: all): "],
    args: (peer, search) => ({ peer, search: search || undefined }),
  }],
  nothing: "Nothing yet.",
  results: ["history"],
  async *run({ peer, search }, { client }) {
    const { contactBook } = client;
    const contact = contactBook.contact(peer);
    const waiting = new Map(client.waiting().map((message) => [message.entry, message]));
    for (const entry of contactBook.history(peer, { search })) {
      yield { kind: "history", entry, peer: contact, waiting: waiting.get(entry.number) };
    }
  },
});

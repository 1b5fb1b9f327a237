import { clientCommand } from "../command.ts";
import { PEER } from "../operands.ts";

export const forget = clientCommand({
  name: "forget",
  operands: { peer: PEER },
  summary: "Delete the history with a client",
  details: "The other side keeps its own. Needs no server. This cannot be undone.",
  needsServer: () => false,
  results: ["forgotten"],
  async *run({ peer }, { client: { contactBook } }) {
    const contact = contactBook.contact(peer);
    yield { kind: "forgotten", peer: contact, count: contactBook.forget(peer) };
  },
});

import { clientCommand } from "../command.ts";
import { PEER } from "../operands.ts";

export const archive = clientCommand({
  name: "archive",
  operands: { peer: PEER, off: { words: ["off"], optional: true } },
  summary: "Put a conversation away",
  details:
    "It comes back with the next message, unless it is muted; or at once with off. Needs no\n" +
    "server.",
  needsServer: () => false,
  results: ["conversation"],
  async *run({ peer, off }, { client }) {
    const conversation = client.conversations.archive(peer, off === undefined);
    yield { kind: "conversation", conversation };
  },
});

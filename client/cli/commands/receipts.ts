import { clientCommand } from "../command.ts";
import { PEER } from "../operands.ts";

export const receipts = clientCommand({
  name: "receipts",
  operands: { peer: PEER, state: { words: ["on", "off"], optional: true } },
  summary: "Say whether a client is told that its messages arrived and were read",
  details:
    "On for everybody but strangers, whom you never wrote to, added, verified or gave an alias,\n" +
    "and blocked clients: those are told nothing. Without on or off it says what is set.",
  needsServer: () => false,
  results: ["receipts"],
  async *run({ peer, state }, { client }) {
    yield { kind: "receipts", ...client.messages.receipts(peer, state && state === "on") };
  },
});

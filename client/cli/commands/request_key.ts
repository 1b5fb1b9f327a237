import { clientCommand } from "../command.ts";
import { PEER } from "../operands.ts";
import { sentResult } from "../results.ts";

export const requestKey = clientCommand({
  name: "request-key",
  operands: { peer: PEER },
  summary: "Ask a classic client for a key",
  details: "It answers when it next receives its messages.",
  menu: [{ key: "51", label: "Request a key", questions: ["From: "] }],
  results: ["sent"],
  async *run({ peer }, { client }) {
    yield sentResult(client, await client.requestKey(peer));
  },
});

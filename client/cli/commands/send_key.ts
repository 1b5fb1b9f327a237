import { clientCommand } from "../command.ts";
import { PEER } from "../operands.ts";
import { sentResult } from "../results.ts";

export const sendKey = clientCommand({
  name: "send-key",
  operands: { peer: PEER },
  summary: "Send a classic client a key",
  details: "Rarely needed: send and send-file do it themselves where no key is known.",
  menu: [{ key: "52", label: "Send a key", questions: ["To: "] }],
  results: ["sent"],
  async *run({ peer }, { client }) {
    yield sentResult(client, await client.sendKey(peer));
  },
});

import { clientCommand } from "../command.ts";
import { PEER } from "../operands.ts";

export const unblock = clientCommand({
  name: "unblock",
  operands: { peer: PEER },
  summary: "Receive from a blocked client again",
  details: "Messages that were dropped in the meantime are lost.",
  results: ["client"],
  async *run({ peer }, { client }) {
    yield { kind: "client", client: await client.contactBook.unblock(peer) };
  },
});

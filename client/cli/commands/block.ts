import { clientCommand } from "../command.ts";
import { PEER } from "../operands.ts";

export const block = clientCommand({
  name: "block",
  operands: { peer: PEER },
  summary: "Stop receiving from a client",
  details: "Its messages are taken from the server and dropped.",
  results: ["client"],
  async *run({ peer }, { client }) {
    yield { kind: "client", client: await client.contactBook.block(peer) };
  },
});

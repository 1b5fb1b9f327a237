import { clientCommand } from "../command.ts";
import { PEER } from "../operands.ts";

export const alias = clientCommand({
  name: "alias",
  operands: { peer: PEER, alias: { name: "ALIAS", optional: true } },
  summary: "Give a client another name here",
  details:
    "From then on ALIAS can be used instead of NAME. Nobody else sees it. Without ALIAS it\n" +
    "is removed.",
  results: ["client"],
  async *run({ peer, alias }, { client }) {
    yield { kind: "client", client: await client.contactBook.setAlias(peer, alias) };
  },
});

import { clientCommand } from "../command.ts";
import { MESSAGE } from "../operands.ts";
import { historyResult } from "../results.ts";

export const deleteCommand = clientCommand({
  name: "delete",
  operands: { message: MESSAGE },
  options: { "for-both": { help: "Also on the other side, if you have written it" } },
  summary: "Delete a message",
  details:
    "N is the number of the message, as history and receive show it. The other side keeps its\n" +
    "copy unless --for-both is given; files that were saved stay in any case. What another\n" +
    "client has shown or copied before, nobody can take back.",
  needsServer: ({ "for-both": forBoth }) => forBoth,
  results: ["history", "forgotten"],
  async *run({ message, "for-both": forBoth }, { client }) {
    const entry = await client.messages.delete(message, { forBoth });
    if (entry.deletedAt !== undefined) yield historyResult(client, entry);
    else yield { kind: "forgotten", peer: client.contactBook.withId(entry.peer), count: 1 };
  },
});

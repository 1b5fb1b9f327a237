import { clientCommand } from "../command.ts";

export const conversations = clientCommand({
  name: "conversations",
  options: { archived: { help: "Those that were archived, instead of the others" } },
  summary: "List conversations, those with the newest messages first",
  details:
    "One a line: name, what there is to know, and the last message. Archived ones are listed by\n" +
    "themselves, until something new comes in them. Needs no server.",
  needsServer: () => false,
  nothing: "No conversations.",
  results: ["conversation"],
  async *run({ archived }, { client }) {
    for (const conversation of client.conversations.list({ archived })) {
      yield { kind: "conversation", conversation };
    }
  },
});

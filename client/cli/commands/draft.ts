import { clientCommand } from "../command.ts";
import { PEER } from "../operands.ts";

export const draft = clientCommand({
  name: "draft",
  operands: { peer: PEER, text: { name: "TEXT", optional: true } },
  summary: "Keep a text that is not finished, or show it",
  details:
    'It is kept with the conversation, and sent by nothing. An empty TEXT ("") deletes it.\n' +
    "Needs no server.",
  tooMany: "put the text in quotes",
  needsServer: () => false,
  results: ["draft"],
  async *run({ peer, text }, { client: { conversations } }) {
    const conversation = text === undefined
      ? conversations.get(peer)
      : conversations.setDraft(peer, text);
    yield { kind: "draft", peer: conversation.peer, draft: conversation.draft };
  },
});

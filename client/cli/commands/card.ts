import { clientCommand } from "../command.ts";

export const card = clientCommand({
  name: "card",
  summary: "Show your card, NAME#ID, for others to add",
  details: "Whoever adds it is certain of the keys that belong to it. Needs no server.",
  needsServer: () => false,
  menu: [{ key: "8", label: "My card" }],
  results: ["card"],
  async *run(_, { client }) {
    yield { kind: "card", card: client.contactBook.card() };
  },
});

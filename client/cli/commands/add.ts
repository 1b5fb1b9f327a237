import { clientCommand } from "../command.ts";

export const add = clientCommand({
  name: "add",
  operands: { card: { name: "CARD" } },
  summary: "Add a contact by its card",
  details:
    "CARD is NAME#ID, as the command card shows it. The contact is added only if the server\n" +
    "has a client with this name and ID, whose keys belong to the ID.",
  menu: [{ key: "9", label: "Add a card", questions: ["Card (NAME#ID): "] }],
  results: ["client"],
  async *run({ card }, { client }) {
    yield { kind: "client", client: await client.contactBook.add(card) };
  },
});

import { clientCommand } from "../command.ts";

export const list = clientCommand({
  name: "list",
  operands: { prefix: { name: "PREFIX", optional: true } },
  options: {
    contacts: { help: "List contacts alone, without asking the server" },
    names: { help: "Show only what each is called here, for scripts" },
  },
  summary: "List other clients",
  details:
    "With PREFIX only those whose names begin with it, letter by letter. One a line: ID, name,\n" +
    "alias, and whether the client is unauthenticated (a classic one), verified, or blocked.\n\n" +
    "Contacts are those whom you named in a command, or who have written to you. The server may\n" +
    "refuse to list others; they are found by their full names, or added by their cards.",
  needsServer: ({ contacts }) => !contacts,
  menu: [
    { key: "2", label: "Client list" },
    {
      key: "10",
      label: "Clients whose names begin with",
      questions: ["Beginning: "],
      args: (prefix) => ({ prefix, contacts: false, names: false }),
    },
  ],
  nothing: "Nobody yet.",
  results: ["client"],
  async *run({ prefix, contacts, names }, { client }) {
    const { contactBook } = client;
    if (contacts) {
      for (const contact of contactBook.all()) {
        if (contact.name.startsWith(prefix ?? "")) {
          yield { kind: "client", client: contact, brief: names };
        }
      }
      return;
    }
    for await (const peer of client.list(prefix)) {
      yield { kind: "client", client: contactBook.marked(peer), brief: names };
    }
  },
});

import { clientCommand } from "../command.ts";

export const list = clientCommand({
  name: "list",
  summary: "List all other clients",
  details:
    "One a line: ID, name, alias, and whether the client is unauthenticated (a classic one),\n" +
    "verified, or blocked.",
  menu: [{ key: "2", label: "Client list" }],
  nothing: "Nobody yet.",
  async *run(_, { client }) {
    for (const peer of await client.list()) {
      yield { kind: "client", client: client.contactBook.marked(peer) };
    }
  },
});

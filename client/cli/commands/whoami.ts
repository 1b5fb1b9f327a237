import { clientCommand } from "../command.ts";

export const whoami = clientCommand({
  name: "whoami",
  summary: "Show the profile's ID and name",
  details: "Needs no server.",
  needsServer: () => false,
  results: ["identity"],
  async *run(_, { client }) {
    yield { kind: "identity", identity: client.whoami() };
  },
});

import { clientCommand } from "../command.ts";

export const status = clientCommand({
  name: "status",
  summary: "Show whether an engine has the profile, and what waits",
  details:
    "The engine is the process that has the profile open for long, such as receive --follow;\n" +
    "other commands work through it. Without an engine nothing is connected between commands.",
  results: ["status"],
  async *run(_, { client, profile, address, engine }) {
    const { name } = client.whoami();
    const [waiting, files] = [client.waiting().length, client.files().length];
    const unread = profile.history.unreadInAll();
    const connection = engine?.connection;
    yield { kind: "status", status: { name, address, connection, waiting, files, unread } };
  },
});

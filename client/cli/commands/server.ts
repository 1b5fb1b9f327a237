import { clientCommand } from "../command.ts";

export const server = clientCommand({
  name: "server",
  operands: { action: { words: ["forget"], optional: true } },
  summary: "Show the server's address and key",
  details:
    "The key is the one seen at the first contact, or demanded by HOST:PORT#KEY; a server with\n" +
    "another key is refused. After forget, the next key that the server shows is accepted: do\n" +
    "this only if its operator has told you that the key has changed.",
  results: ["server"],
  async *run({ action }, { address, profile: { servers } }) {
    if (action === "forget") servers.forget(address);
    yield { kind: "server", address, key: address.key ?? servers.key(address) };
  },
});

import { plainCommand } from "../command.ts";
import { INVITE } from "../operands.ts";

export const setup = plainCommand({
  name: "setup",
  options: {
    name: { value: "NAME", help: "Your name, by which others find you" },
    invite: INVITE,
    "no-passphrase": { help: "Do not protect the profile with a passphrase" },
  },
  summary: "Make a profile and register it, step by step",
  details: "Asks for the server, your name and a passphrase, unless --server, --name and\n" +
    "MESSAGING_PASSPHRASE or --no-passphrase say. Without a terminal all three must be given.\n" +
    "Where there is a registered profile already, it changes nothing.",
  typed: true,
  results: ["identity", "registered"],
  async *run(args, context) {
    const { setUp } = await import("../set_up.ts");
    yield* setUp(args, context);
  },
});

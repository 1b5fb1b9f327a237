import { UsageError } from "../../../shared/args.ts";
import { clientCommand } from "../command.ts";
import { MESSAGE } from "../operands.ts";
import { historyResult } from "../results.ts";

export const react = clientCommand({
  name: "react",
  operands: { message: MESSAGE, emoji: { name: "EMOJI", optional: true } },
  options: { none: { help: "Take back what you have said before" } },
  summary: "Answer a message by an emoji",
  details:
    "N is the number of the message, as history and receive show it. Each side has one reaction\n" +
    "to each message; another takes its place.",
  check({ emoji, none }) {
    if (none !== (emoji === undefined)) throw new UsageError("react takes an EMOJI, or --none");
  },
  results: ["history"],
  async *run({ message, emoji = "" }, { client }) {
    yield historyResult(client, await client.messages.react(message, emoji));
  },
});

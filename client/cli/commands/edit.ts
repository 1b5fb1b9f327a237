import { clientCommand } from "../command.ts";
import { MESSAGE } from "../operands.ts";
import { historyResult } from "../results.ts";

export const edit = clientCommand({
  name: "edit",
  operands: {
    message: MESSAGE,
    text: {
      name: "TEXT",
      optional: true,
      parse: (text: string) => text === "-" ? undefined : text,
    },
  },
  summary: "Change a text that you have sent",
  details:
    "N is the number of the message, as history and receive show it. The other side sees the\n" +
    "new text, and that it was changed. This is possible for 24 hours. Without TEXT, or with -,\n" +
    "the text is read from standard input.",
  tooMany: "put the text in quotes",
  results: ["history"],
  asks: ({ text }) => text === undefined ? { text: {} } : {},
  async *run({ message, text }, { client, readText }) {
    client.messages.entry(message); // fails before anyone types a text in vain
    yield historyResult(client, await client.messages.edit(message, text ?? await readText()));
  },
});

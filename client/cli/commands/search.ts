import { clientCommand } from "../command.ts";
import { ENTRY_COUNT } from "../operands.ts";

/** What is found without an option. */
const LAST_FOUND = 50;

export const search = clientCommand({
  name: "search",
  operands: { words: { name: "WORD", repeated: true } },
  options: {
    in: { value: "NAME", completes: "contact", help: "Only in the history with this client" },
    last: { ...ENTRY_COUNT, help: `At most the last N entries (default: ${LAST_FOUND})` },
  },
  summary: "Find messages that hold all words, the newest first",
  details:
    "In upper or lower case, in texts and the names of files. Several words in quotes stand\n" +
    "side by side. Needs no server.",
  needsServer: () => false,
  nothing: "Nothing found.",
  results: ["found"],
  async *run({ words, in: name, last = LAST_FOUND }, { client, note }) {
    await client.conversations.prepareSearch(note);
    for (const found of client.conversations.search(words, last, name)) {
      yield { kind: "found", ...found, words };
    }
  },
});

import { clientCommand } from "../command.ts";
import { PEER } from "../operands.ts";
import { sentResult } from "../results.ts";

export const send = clientCommand({
  name: "send",
  operands: {
    peer: PEER,
    text: {
      name: "TEXT",
      optional: true,
      parse: (text: string) => text === "-" ? undefined : text,
    },
  },
  summary: "Send a text",
  details:
    "Without TEXT, or with -, the text is read from standard input up to its end; a line end at\n" +
    "the end is left out. At most 1 MiB of UTF-8.\n\n" +
    "If the server cannot be reached, or has no room for it, a text of a secure profile is kept\n" +
    "and sent by a later command; the exit code is then 1. To see what waits: transfers",
  tooMany: "put the text in quotes",
  menu: [{
    key: "5",
    label: "Send a text",
    questions: ["To: ", "Text: "],
    args: (peer, text) => ({ peer, text }),
  }],
  results: ["sent"],
  async *run({ peer, text }, { client, readText }) {
    client.whoami(); // fails before anyone types a text in vain
    yield sentResult(client, await client.sendText(peer, text ?? await readText()));
  },
});

import { UsageError } from "../../../shared/args.ts";
import { ClientError } from "../../errors.ts";
import { clientCommand } from "../command.ts";
import { OWN_NAME } from "../../contacts/own_name.ts";
import { asksAboutNew, checkReceivers, NEW_CONTACTS } from "../new_contacts.ts";
import { parseMessageNumber, PEERS } from "../operands.ts";
import { sentResult } from "../results.ts";

export const send = clientCommand({
  name: "send",
  operands: {
    peer: PEERS,
    text: {
      name: "TEXT",
      optional: true,
      parse: (text: string) => text === "-" ? undefined : text,
    },
  },
  options: {
    file: { value: "PATH", completes: "file", help: "Send the text that is in this file" },
    reply: {
      value: "N",
      integer: true,
      help: "Answer the message with this number, as history shows it",
      parse: parseMessageNumber,
    },
    ...NEW_CONTACTS,
    editor: { help: "Write the text in an editor: VISUAL, EDITOR, or vi" },
  },
  summary: "Send a text",
  details:
    "Without TEXT, or with -, the text is read from standard input up to its end; a line end at\n" +
    "the end is left out. At most 1 MiB of UTF-8.\n\n" +
    "To several people: send alice,bob TEXT. If one of them cannot get it the others do, and\n" +
    "the exit code is 1. \\, stands for a comma within a name.\n\n" +
    "To me means yourself: such notes are kept here, and go to no server.\n\n" +
    "If the server cannot be reached, or has no room for it, a text of a secure profile is kept\n" +
    "and sent by a later command; the exit code is then 1. To see what waits: transfers",
  tooMany: "put the text in quotes",
  menu: [{
    key: "5",
    label: "Send a text",
    questions: ["To: ", "Text: "],
    args: (names, text) => {
      const none = { file: undefined, editor: false, reply: undefined, "new-contacts": undefined };
      return { peer: PEERS.parse(names), text, ...none };
    },
  }],
  results: ["sent"],
  needsServer: ({ peer }) => peer.some((name) => name !== OWN_NAME),
  runsPrograms: ({ editor }) => editor,
  asks: ({ text, file, editor, ...args }) => ({
    ...asksAboutNew(args),
    text: text === undefined ? { file, editor } : undefined,
  }),
  check({ text, file, editor }) {
    const given = [text, file, editor || undefined].filter((source) => source !== undefined);
    if (given.length > 1) throw new UsageError("send takes one of TEXT, --file and --editor");
  },
  async *run({ peer: names, text: given, file, editor, reply, ...args }, context) {
    const { client, readText, report } = context;
    client.whoami(); // fails before anyone types a text in vain
    await checkReceivers(names, args["new-contacts"], context);
    const text = given ?? await readText({ file, editor });
    if (text === "") throw new ClientError("bad-text", "there is no text; nothing was sent");
    for (const name of names) {
      try {
        yield sentResult(client, await client.sendText(name, text, { reply }));
      } catch (error) {
        const stops = !(error instanceof ClientError) || error.code === "interrupted";
        if (stops || names.length === 1) throw error;
        report(new ClientError(error.code, `to "${name}": ${error.message}`, { cause: error }));
      }
    }
  },
});

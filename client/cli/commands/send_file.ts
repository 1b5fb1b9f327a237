import { UsageError } from "../../../shared/args.ts";
import { clientCommand } from "../command.ts";
import { INTERRUPTED, PROGRESS } from "../help.ts";
import { asksAboutNew, checkReceivers, NEW_CONTACTS } from "../new_contacts.ts";
import { PEER } from "../operands.ts";
import { sentResult } from "../results.ts";

export const sendFile = clientCommand({
  name: "send-file",
  operands: { peer: PEER, paths: { name: "PATH", repeated: true, completes: "file" } },
  options: {
    name: { value: "FILENAME", help: "Name of a file from standard input" },
    ...NEW_CONTACTS,
  },
  summary: "Send files and folders",
  details:
    "Of any size; to classic clients up to 1 GiB each, and without their names. With - instead\n" +
    "of PATH the file is read from standard input. A folder is sent as one file, FOLDER.tar,\n" +
    "which its receiver unpacks with tar or what opens archives; links in it are left out.\n\n" +
    `${INTERRUPTED}\n\n` +
    "A file must not change until it is sent. To give it up: transfers cancel ID.\n\n" +
    PROGRESS,
  stops: "the command",
  menu: [
    {
      key: "50",
      label: "Send a file",
      questions: ["To: ", "Path of the file: "],
      args: (peer, path) => ({ peer, paths: [path], name: undefined, "new-contacts": undefined }),
    },
    {
      key: "53",
      label: "Send several files",
      questions: ["To: ", "Path of a file (empty: no more): "],
      many: true,
      args: (peer, ...paths) => ({ peer, paths, name: undefined, "new-contacts": undefined }),
    },
  ],
  nothing: "No file.",
  check({ paths, name }) {
    if (!paths.includes("-")) {
      if (name !== undefined) throw new UsageError("--name is only for standard input, -");
    } else if (paths.length > 1) {
      throw new UsageError("- (standard input) is sent alone, without other files");
    } else if (name === undefined) {
      throw new UsageError("a file from standard input needs a name: --name FILENAME");
    }
  },
  results: ["sent"],
  asks: ({ name, ...args }) => ({ ...asksAboutNew(args), input: name !== undefined }),
  async *run({ peer, paths, name, ...args }, context) {
    const { client, progress, readInput, signal, place } = context;
    await checkReceivers([peer], args["new-contacts"], context);
    const inputs = name === undefined ? paths.map(place) : [{ name, content: readInput() }];
    const { sourceSizes } = await import("../../transfers/transfer_files.ts");
    const sizes = await sourceSizes(inputs.filter((input) => typeof input === "string"));
    let sent = 0;
    if (sizes.length > 0) {
      progress.expect(() => {
        const left = sizes.slice(sent);
        const size = left.reduce((sum, size) => sum + size, 0);
        return { files: left.length, size, unbegun: left.length - 1 };
      });
    }
    const options = { onProgress: progress.update, signal };
    for await (const result of client.sendFiles(peer, inputs, options)) {
      progress.clear();
      yield sentResult(client, result, inputs.length > 1 ? paths[sent] : undefined);
      sent++;
    }
  },
});

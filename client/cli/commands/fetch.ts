import { clientCommand } from "../command.ts";
import { INTERRUPTED, PROGRESS } from "../help.ts";
import { OUT, TRANSFER } from "../operands.ts";

export const fetch = clientCommand({
  name: "fetch",
  operands: { number: TRANSFER },
  options: { out: OUT },
  summary: "Fetch a waiting file",
  details: `ID is the number that files and receive show.\n\n${INTERRUPTED}\n\n${PROGRESS}`,
  stops: "the command",
  menu: [{ key: "55", label: "Fetch a file", questions: ["Number of the file: "] }],
  results: ["fetched"],
  async *run({ number, out }, { client, progress, signal }) {
    const file = await client.fetch(number, out, { onProgress: progress.update, signal });
    progress.clear();
    yield { kind: "fetched", file: { ...file, from: client.contactBook.marked(file.from) } };
  },
});

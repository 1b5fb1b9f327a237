import { openDraft } from "../backup/draft.ts";
import { verifyBackup, verifyFolder } from "../backup/verification.ts";
import { serverCommand } from "../command.ts";
import { holdContents } from "../control/hold_contents.ts";
import { failOn } from "./findings.ts";
import { JSON_OPTION } from "./operation.ts";
import { ProgressLine } from "./progress_line.ts";

export const verify = serverCommand({
  name: "verify",
  operands: { file: { name: "FILE", optional: true, completes: "file" } },
  options: JSON_OPTION,
  summary: "Check a backup, or the data folder",
  details: "Also while the server runs. Checks the database, its counts, and that all contents\n" +
    "are there, with the right size and, for files in chunks, the right sums. Prints what is\n" +
    "wrong; then the exit code is 1. The database of a backup is unpacked beside it meanwhile.",
  async run({ file, json }, context) {
    using line = new ProgressLine(context.clock);
    const { data } = (await context.config()).settings;
    line.tell("verifies");
    const verifyFile = async (file: string) => {
      await using draft = await openDraft(file, context.random);
      return await Array.fromAsync(verifyBackup(file, `${draft.folder}/server.db`, line.progress));
    };
    const findings = file === undefined
      ? await holdContents(
        { data, os: context.os },
        () => Array.fromAsync(verifyFolder(data, line.progress)),
      )
      : await verifyFile(file);
    line[Symbol.dispose]();
    const what = file ?? data;
    if (json) console.log(JSON.stringify({ findings }));
    else if (findings.length === 0) console.log(`${what} is in order`);
    failOn(findings, `${what} is not in order`, { print: !json });
  },
});

import { sizeText } from "../../shared/size.ts";
import { writeBackup } from "../backup/write_backup.ts";
import { serverCommand } from "../command.ts";
import { holdContents } from "../control/hold_contents.ts";
import { checkServerKey } from "../server_key.ts";
import { failOn } from "./findings.ts";
import { ProgressLine } from "./progress_line.ts";

export const backup = serverCommand({
  name: "backup",
  operands: { file: { name: "FILE", completes: "file" } },
  summary: "Write all that the server keeps to one file",
  details:
    "The file is a tar archive with database, contents and the server's key, as they are at\n" +
    "one moment; unfinished uploads begin again. It is verified at the end. Who has it can pass\n" +
    "for the server, so keep it safe. No file is overwritten.",
  async run({ file }, context) {
    const { data } = (await context.config()).settings;
    using line = new ProgressLine(context.clock);
    const { tell, progress } = line;
    const { now, random, os } = context;
    await checkServerKey(data);
    const findings = await holdContents(
      { data, os },
      (signal) => writeBackup(data, file, { signal, now, random, tell, progress }),
    );
    line[Symbol.dispose]();
    failOn(findings, `${file} is written, but holds what is damaged in ${data}; try: repair`);
    console.log(`${file} has ${sizeText((await Deno.stat(file)).size)}, verified`);
  },
});

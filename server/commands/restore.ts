import { restoreBackup } from "../backup/restore_backup.ts";
import { serverCommand } from "../command.ts";
import { failOn } from "./findings.ts";
import { ProgressLine } from "./progress_line.ts";

export const restore = serverCommand({
  name: "restore",
  operands: { file: { name: "FILE", completes: "file" } },
  summary: "Make the data folder from a backup",
  details:
    "The folder must be empty, or not there. The backup is verified first; if anything is\n" +
    "wrong with it, or it cannot be written, nothing is restored.",
  async run({ file }, context) {
    const { data } = (await context.config()).settings;
    using line = new ProgressLine(context.clock);
    const { tell, progress } = line;
    const findings = await restoreBackup(file, data, { random: context.random, tell, progress });
    line[Symbol.dispose]();
    failOn(findings, `nothing is restored: ${file} is damaged`);
    console.log(`${data} is restored from ${file}`);
  },
});

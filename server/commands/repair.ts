import { UsageError } from "../../shared/args.ts";
import { repairFolder } from "../backup/repair_folder.ts";
import { serverCommand } from "../command.ts";
import { lockDataFolder } from "../data_folder.ts";
import { openServerKey } from "../server_key.ts";
import { ProgressLine } from "./progress_line.ts";

export const repair = serverCommand({
  name: "repair",
  options: { yes: { help: "Do it" } },
  summary: "Make a damaged data folder work again",
  details: "Saves what can be read of a damaged database, and keeps the damaged one beside it;\n" +
    "counts anew; has senders send again what is missing of files, and receivers told of\n" +
    "messages whose contents are lost. No server may run. Prefer a backup, if there is one.",
  async run({ yes }, context) {
    if (!yes) throw new UsageError("what is damaged may be lost for good; to do it, add --yes");
    const { data } = (await context.config()).settings;
    using _folder = await lockDataFolder(data);
    using line = new ProgressLine(context.clock);
    line.tell("repairs");
    // First: a repaired folder is one of a server that must have its key; 0.1 had none.
    const problem = await openServerKey(data).then(() => undefined, (error) => error);
    const did = await repairFolder(data, { now: context.now, progress: line.progress });
    line[Symbol.dispose]();
    if (did.length > 0) console.log(did.join("\n"));
    if (problem !== undefined) throw problem;
    if (did.length === 0) console.log(`${data} is in order; nothing was to do`);
  },
});

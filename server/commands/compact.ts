import { sizeText } from "../../shared/size.ts";
import { makeShrinkable } from "../backup/replace_database.ts";
import { serverCommand } from "../command.ts";
import { takeDataFolder } from "../data_folder.ts";
import { checkServerKey } from "../server_key.ts";
import { JSON_OPTION, run } from "./operation.ts";

export const compact = serverCommand({
  name: "compact",
  options: JSON_OPTION,
  summary: "Give the free room of the database back to the disk",
  details: "A server does so by itself, little by little. This does all of it now, and may take\n" +
    "long; a server that runs serves its clients meanwhile. A database that version 0.4 or an\n" +
    "older one has made is copied first. That takes as much room again, and no server may run.",
  async run({ json }, context) {
    const { data } = (await context.config()).settings;
    const sizeOf = async () =>
      await size(`${data}/server.db`) + await size(`${data}/server.db-wal`);
    const before = await sizeOf();
    await checkServerKey(data);
    {
      using folder = await takeDataFolder(data);
      if (folder) await makeShrinkable(data);
    }
    await run("compact", {}, context);
    const after = await sizeOf();
    if (json) return console.log(JSON.stringify({ before, after }));
    console.log(`server.db had ${sizeText(before)} and has ${sizeText(after)}`);
  },
});

/** Of a file that is not there: 0. What was written last may be in SQLite's second file alone. */
async function size(path: string): Promise<number> {
  return await Deno.stat(path).then(({ size }) => size, () => 0);
}

import { sizeText } from "../../shared/size.ts";
import { serverCommand } from "../command.ts";
import { JSON_OPTION, run } from "./operation.ts";

export const compact = serverCommand({
  name: "compact",
  options: JSON_OPTION,
  summary: "Give the free room of the database back to the disk",
  details: "A server does so by itself, little by little. This does all of it now, and may take\n" +
    "long; a server that runs serves its clients meanwhile.",
  async run({ json }, context) {
    const { data } = (await context.config()).settings;
    const sizeOf = async () => (await Deno.stat(`${data}/server.db`)).size;
    const before = await sizeOf().catch(() => 0);
    await run("compact", {}, context);
    const after = await sizeOf();
    if (json) return console.log(JSON.stringify({ before, after }));
    console.log(`server.db had ${sizeText(before)} and has ${sizeText(after)}`);
  },
});

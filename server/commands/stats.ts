import { sizeText } from "../../shared/size.ts";
import { serverCommand } from "../command.ts";
import { JSON_OPTION, run } from "./operation.ts";

export const stats = serverCommand({
  name: "stats",
  options: JSON_OPTION,
  settings: ["data", "total"],
  summary: "Show how much is stored",
  details: "Asks the server that runs, or looks into the folder where none does.",
  async run({ json }, context) {
    const stats = await run("stats", {}, context);
    if (json) return console.log(JSON.stringify(stats));
    const { clients, messages, messageBytes, files, fileBytes, charged, most } = stats;
    console.log(`clients   ${clients}`);
    console.log(`messages  ${messages}, ${sizeText(messageBytes)}`);
    console.log(`files     ${files}, ${sizeText(fileBytes)}`);
    console.log(`in all    ${sizeText(charged)} of ${sizeText(most)}`);
  },
});

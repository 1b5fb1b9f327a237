import manifest from "../../../deno.json" with { type: "json" };
import { textCommand } from "../command.ts";

export const version = textCommand({
  name: "version",
  summary: "Show the version",
  details: "The same as --version.",
  text: () => `messaging-client ${manifest.version}`,
});

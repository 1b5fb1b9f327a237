import manifest from "../../../deno.json" with { type: "json" };
import { plainCommand } from "../command.ts";

export const version = plainCommand({
  name: "version",
  summary: "Show the version",
  details: "The same as --version.",
  results: [],
  run(_, { printLine }) {
    printLine(`messaging-client ${manifest.version}`);
  },
});

import manifest from "../../deno.json" with { type: "json" };
import { serverCommand } from "../command.ts";

export const version = serverCommand({
  name: "version",
  settings: [],
  summary: "Show the version",
  details: "The same as --version.",
  run() {
    console.log(`messaging-server ${manifest.version}`);
  },
});

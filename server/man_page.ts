import manifest from "../deno.json" with { type: "json" };
import { manPage } from "../shared/man_page.ts";
import { named } from "../shared/command_line.ts";
import { GLOBAL_OPTIONS, settingOptions } from "./command_line.ts";
import { COMMANDS } from "./commands.ts";
import { EXIT_CODES, PURPOSE, SOURCES } from "./help.ts";

/** Returns the source of the page messaging-server(1). */
export function serverManPage(): string {
  return manPage({
    program: "messaging-server",
    version: manifest.version,
    purpose: "server of an end-to-end encrypted messaging system",
    usage: "[command] [options]",
    description: PURPOSE,
    commands: COMMANDS,
    options: { OPTIONS: GLOBAL_OPTIONS, SETTINGS: settingOptions(named("serve", COMMANDS)) },
    parts: {
      ENVIRONMENT: SOURCES,
      "EXIT STATUS": EXIT_CODES,
      "SEE ALSO": "messaging-client(1)",
    },
  });
}

import manifest from "../../deno.json" with { type: "json" };
import { manPage } from "../../shared/man_page.ts";
import { GLOBAL_OPTIONS } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { EXIT_CODES, KINDS_OF_CLIENTS, PURPOSE } from "./help.ts";

/** Returns the source of the page messaging-client(1). */
export function clientManPage(): string {
  return manPage({
    program: "messaging-client",
    version: manifest.version,
    purpose: "client of an end-to-end encrypted messaging system",
    usage: "[options] [command]",
    description: `${PURPOSE} Without a command it shows a menu.\n\n${KINDS_OF_CLIENTS}`,
    commands: COMMANDS,
    options: { OPTIONS: GLOBAL_OPTIONS },
    parts: {
      ENVIRONMENT: "  MESSAGING_PROFILE         The profile's folder, unless --profile names it\n" +
        "  MESSAGING_PASSPHRASE      The profile's passphrase\n" +
        "  MESSAGING_NEW_PASSPHRASE  The new one, for passphrase change\n" +
        "  NO_COLOR                  Unless it is empty, no colours, unless --color says so\n" +
        "  XDG_DATA_HOME             Where profiles are by default; else ~/.local/share\n" +
        "  XDG_STATE_HOME            Where a profile's use is noted; else ~/.local/state",
      "EXIT STATUS": EXIT_CODES,
      "SEE ALSO": "messaging-server(1)",
    },
  });
}

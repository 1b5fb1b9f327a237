/** What a command may use, in a test: no terminal, no input, no passphrase unless it is given. */
import type { ClientContext } from "../../../client/cli/command.ts";
import { COMMANDS } from "../../../client/cli/commands.ts";
import { Passphrases } from "../../../client/cli/terminal/passphrase.ts";
import { Progress } from "../../../client/cli/terminal/progress.ts";
import { CHEAP } from "../profile/full_profile.ts";

/** A context in which only what `given` has is there to be used. */
export function commandContext(given: Partial<ClientContext>): ClientContext {
  const missing = (what: string) => () => {
    throw new Error(`nobody expected the command to use ${what}`);
  };
  return {
    commands: COMMANDS,
    options: { profile: ".", json: false, quiet: false },
    runtime: {
      now: () => Date.now(),
      sleep: missing("a clock"),
      random: (size) => crypto.getRandomValues(new Uint8Array(size)),
      ...CHEAP,
    },
    passphrases: new Passphrases({ environment: () => undefined }),
    progress: new Progress({ view: null, now: () => 0 }),
    rich: false,
    advise: (text) => text,
    place: (path) => path,
    attended: false,
    stoppable: (part) => part(new AbortController().signal),
    printLine: missing("standard output"),
    ask: missing("questions"),
    readText: missing("text on standard input"),
    readInput: missing("standard input"),
    showError: missing("errors"),
    report: missing("problems"),
    fail: missing("the exit code"),
    note: () => {},
    ...given,
  } as ClientContext;
}

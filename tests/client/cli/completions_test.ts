/** The scripts of completions, in the shells that are installed; bash is on every Linux machine. */
import { COMMANDS } from "../../../client/cli/commands.ts";
import { completionScript } from "../../../client/cli/completions.ts";
import { SHELL } from "../../../client/cli/operands.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { complete } from "../../support/shells.ts";

/** What is typed before the key Tab, and the only way to complete its last word. */
const TYPED: [typed: string, word: string][] = [
  ["whoa", "whoami"],
  ["passphrase re", "remove"],
  ["transfers can", "cancel"],
  ["help versi", "version"],
  ["completions fi", "fish"],
  ["receive --fol", "--follow"],
  ["register alice --cl", "--classic"],
  ["--qu", "--quiet"],
  ["whoami --js", "--json"],
  ["--json receive --no-f", "--no-files"],
  ["--profile=folder histo", "history"],
  ["--server localhost:1234 import no", "note"],
  ["send-file bob no", "note"],
  ["send-file bob note no", "note"],
  ["receive --out fo", "folder"],
  ["--profile fo", "folder"],
  ["send ca", "carol"],
  ["verify ca", "carol"],
  ["--json alias ca", "carol"],
  ["history do", "d'Arc"],
  ["--profile folder send-file ca", "carol"],
  ["--profile=folder block ca", "carol"],
  ["--profile ~/folder forget ca", "carol"],
  ["send alice,ca", "alice,carol"],
  ["send alice,bob,do", "d'Arc"],
  ["send alice,x", "alice,x\\,y"],
  ["send x", "x\\,y"],
  ["alias x", "x,y"],
  ["search word --in ca", "carol"],
  ["receive --notify be", "bell"],
  ["--color=al", "--color=always"],
  ["--time rel", "relative"],
  ["send --new-contacts ref", "refuse"],
];
/** The contacts that the client names, and how: it leaves a note of what it was asked. */
const CLIENT = `#!/bin/sh
test -t 0 && exit 1
echo "passphrase=$MESSAGING_PASSPHRASE $*" >> "$HOME/asked"
printf '%s\\n' carol "dora d'Arc" x,y
`;
/** How the client is asked for contacts: without a passphrase, in the profile of the line. */
const ASKED = ["--profile folder ", "--profile ~/folder ", ""]
  .map((profile) => `passphrase= ${profile}--quiet list --contacts --names`);
/** What is completed in no way. */
const NOWHERE = [
  ...["list --follo", "send whoa", "whoami whoa", "transfers cancel no", "send-file no"],
  ...["alias alice,ca", "receive --max-size no"],
];

Deno.test("completions: the scripts name every command and every option", () => {
  for (const shell of SHELL.words) {
    const script = completionScript(shell, COMMANDS);
    for (const { name, options } of COMMANDS) {
      assert(new RegExp(`\\b${name}\\b`).test(script), `${shell}: ${name}`);
      for (const option of Object.keys(options)) {
        const pattern = shell === "fish" ? ` -l ${option} ` : `--${option}\\b`;
        assert(new RegExp(pattern).test(script), `${shell}: ${option}`);
      }
    }
  }
});

for (const shell of SHELL.words) {
  Deno.test({
    name: `completions: ${shell} completes commands, options, words and paths`,
    ignore: Deno.build.os !== "linux",
    async fn() {
      const lines = [...TYPED.map(([typed]) => typed), ...NOWHERE];
      const completed = await complete(shell, lines, CLIENT);
      if (completed === undefined) return; // not installed here
      const { words, asked } = completed;
      const rest = NOWHERE.map((typed) => shell === "fish" ? "" : typed.split(" ").at(-1));
      assertEquals(words, [...TYPED.map(([, word]) => word), ...rest]);
      assertEquals(asked, ASKED);
    },
  });
}

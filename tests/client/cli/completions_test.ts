/** The scripts of completions, in the shells that are installed; bash is on every Linux machine. */
import { COMMANDS } from "../../../client/cli/commands.ts";
import { completionScript, SHELLS } from "../../../client/cli/completions.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { tempFolder } from "../../support/temp_folder.ts";

type Shell = typeof SHELLS[number];

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
];
/** The contacts that the client names, and how: it leaves a note of what it was asked. */
const CLIENT = `#!/bin/sh
test -t 0 && exit 1
echo "passphrase=$MESSAGING_PASSPHRASE $*" >> "$HOME/asked"
printf '%s\\n' carol "dora d'Arc"
`;
/** How the client is asked for contacts: without a passphrase, in the profile of the line. */
const ASKED = ["--profile folder ", "--profile ~/folder ", ""]
  .map((profile) => `passphrase= ${profile}--quiet list --contacts --names`);
/** What is completed in no way. */
const NOWHERE = ["list --follo", "send whoa", "whoami whoa", "transfers cancel no", "send-file no"];

/** What is run prints its arguments, unless it completes contacts. */
const RUN =
  `if [[ "$*" == *--names ]]; then command messaging-client "$@"; else echo "args $*"; fi`;

/** Fish asks for completions without a terminal. */
const FISH = `source ./script
while read -l line
    echo "$line => $(complete -C "messaging-client $line" | string replace -r '\\t.*' '')"
end`;

/** Zsh wants a terminal. What is run in it prints its arguments. */
const ZSH = `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PROMPT=; fpath=(./functions \$fpath); autoload -U compinit; compinit -u -D"
zpty -w shell 'messaging-client() { ${RUN} }; print REA''DY'
zpty -r shell out '*READY*'
while read -r line; do
  zpty -w shell "messaging-client $line"$'\\t'
done
zpty -w shell "print DO''NE"
zpty -r shell out '*DONE*'
print -r -- $out`;

/** Bash, with its line editor, reads from a pipe as from a terminal. */
const BASH = `source ./script
messaging-client() { ${RUN}; }
`;

/**
 * Returns the last words of what `shell` makes of each line; undefined if it is not installed.
 */
async function complete(
  shell: Shell,
  lines: string[],
): Promise<{ words: string[]; asked: string[] } | undefined> {
  await using folder = await tempFolder();
  const cwd = folder.path;
  await Deno.writeTextFile(`${cwd}/script`, completionScript(shell, COMMANDS));
  await Deno.mkdir(`${cwd}/functions`);
  await Deno.copyFile(`${cwd}/script`, `${cwd}/functions/_messaging-client`);
  await Deno.writeTextFile(`${cwd}/note`, "");
  await Deno.mkdir(`${cwd}/folder`);
  await Deno.mkdir(`${cwd}/dir`);
  await Deno.mkdir(`${cwd}/bin`);
  await Deno.writeTextFile(`${cwd}/bin/messaging-client`, CLIENT, { mode: 0o755 });
  const args = {
    bash: ["--norc", "-i"],
    zsh: ["-f", "-c", ZSH],
    fish: ["--no-config", "-c", FISH],
  };
  const input = shell === "bash"
    ? BASH + lines.map((line) => `messaging-client ${line}\t\n`).join("")
    : lines.map((line) => `${line}\n`).join("");
  const env = {
    ...{ HOME: cwd, INPUTRC: "/dev/null", TERM: "dumb", HISTFILE: "", LC_ALL: "C.UTF-8" },
    ...{ PATH: `${cwd}/bin:/usr/local/bin:/usr/bin:/bin`, MESSAGING_PASSPHRASE: "secret" },
  };
  const options = { args: args[shell], cwd, env, stdin: "piped", stdout: "piped" } as const;
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(shell, { ...options, stderr: "null" }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const [output] = await Promise.all([
    new Response(child.stdout).text(),
    new Blob([input]).stream().pipeTo(child.stdin),
  ]);
  await child.status;
  const results = [...output.matchAll(/^(?:args|.* =>) ?(.*?)\r?$/gm)].map(([, result]) => result);
  assertEquals(results.length, lines.length, output);
  const asked = (await Deno.readTextFile(`${cwd}/asked`)).replaceAll(cwd, "~").trimEnd();
  return {
    words: results.map((result) => result.split(" ").at(-1)?.replace(/\/$/, "") ?? ""),
    asked: [...new Set(asked.split("\n"))].sort(),
  };
}

Deno.test("completions: the scripts name every command and every option", () => {
  for (const shell of SHELLS) {
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

for (const shell of SHELLS) {
  Deno.test({
    name: `completions: ${shell} completes commands, options, words and paths`,
    ignore: Deno.build.os !== "linux",
    async fn() {
      const lines = [...TYPED.map(([typed]) => typed), ...NOWHERE];
      const completed = await complete(shell, lines);
      if (completed === undefined) return; // not installed here
      const { words, asked } = completed;
      const rest = NOWHERE.map((typed) => shell === "fish" ? "" : typed.split(" ").at(-1));
      assertEquals(words, [...TYPED.map(([, word]) => word), ...rest]);
      assertEquals(asked, ASKED);
    },
  });
}

/** Completions as a shell offers them to whoever types; bash is on every Linux machine. */
import { COMMANDS } from "../../client/cli/commands.ts";
import { completionScript } from "../../client/cli/completions.ts";
import { SHELL } from "../../client/cli/operands.ts";
import { readIfThere } from "../../shared/files.ts";
import { assertEquals } from "./assert.ts";
import { tempFolder } from "./temp_folder.ts";

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
 * Returns the last words of what `shell` makes of each line, and what was noted in the file `asked`
 * at home by the script `client`, which is asked for contacts; undefined if it is not installed.
 */
export async function complete(
  shell: typeof SHELL.words[number],
  lines: string[],
  client: string,
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
  await Deno.writeTextFile(`${cwd}/bin/messaging-client`, client, { mode: 0o755 });
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
  const asked = (await readIfThere(`${cwd}/asked`) ?? "").replaceAll(cwd, "~").trimEnd();
  return {
    words: results.map((result) => result.split(" ").at(-1)?.replace(/\/$/, "") ?? ""),
    asked: [...new Set(asked.split("\n"))].sort(),
  };
}

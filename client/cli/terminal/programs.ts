/** Programs of the user's that the client starts, where the user asks for it: nothing else runs. */

/** Secrets that no program gets to see. An empty variable counts as none. */
const HIDDEN = { MESSAGING_PASSPHRASE: "", MESSAGING_NEW_PASSPHRASE: "" };

type Streams = Pick<Deno.CommandOptions, "stdin" | "stdout" | "stderr">;

/**
 * Starts a command line as the user's shell understands it, with one more argument if `argument` is
 * given. That may hold anything: no shell reads it.
 */
function startShell(line: string, argument: string | undefined, streams: Streams) {
  const options = { env: HIDDEN, ...streams };
  if (Deno.build.os === "windows") {
    const all = argument === undefined ? line : `${line} "${argument}"`;
    const args = ["/d", "/s", "/c", `"${all}"`];
    return new Deno.Command("cmd", { ...options, args, windowsRawArguments: true }).spawn();
  }
  const args = argument === undefined ? ["-c", line] : ["-c", `${line} "$1"`, "sh", argument];
  return new Deno.Command("/bin/sh", { ...options, args }).spawn();
}

/** Opens the file at `path` in an editor, on the terminal. Returns the editor's exit code. */
export async function runEditor(editor: string, path: string): Promise<number> {
  const inherited = { stdin: "inherit", stdout: "inherit", stderr: "inherit" } as const;
  return (await startShell(editor, path, inherited).status).code;
}

/**
 * Runs a command line with `input` on its standard input; what it prints goes to standard error.
 * Returns its exit code.
 */
export async function runHook(line: string, input: string): Promise<number> {
  const child = startShell(line, undefined, { stdin: "piped", stdout: "piped", stderr: "inherit" });
  // It may end without having read everything, or anything.
  const given = new Blob([input]).stream().pipeTo(child.stdin).catch(() => {});
  const printed = child.stdout.pipeTo(Deno.stderr.writable, { preventClose: true });
  const [{ code }] = await Promise.all([child.status, given, printed]);
  return code;
}

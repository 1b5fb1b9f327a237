/**
 * Opens terminals with programs that do not end, prints their folder, and fails. Killed before, it
 * leaves them: with an argument it waits for that. A process of its own, because its end counts.
 */
import { Terminals } from "./tmux.ts";

if (import.meta.main) {
  await using terminals = await Terminals.open();
  if (!terminals) Deno.exit(2);
  const first = await terminals.clientInShell(["version"]);
  await first.waitFor("ended with 0");
  const second = await terminals.shell("$ ");
  await second.waitFor("$");
  await second.line("echo begun; tail -f /dev/null");
  await second.waitFor(/^begun$/m);
  const third = await terminals.run(["sh", "-c", "trap : INT TERM; echo begun; tail -f /dev/null"]);
  await third.waitFor("begun");
  console.log(terminals.folder);
  if (Deno.args.length > 0) await new Promise((resolve) => setTimeout(resolve, 2 ** 31 - 1));
  throw new Error("as a test that fails");
}

/** That the terminals of tests leave no programs behind. */
import { assert, assertEquals } from "../support/assert.ts";
import { PROCESS_FACTS, processesWith } from "../support/process_facts.ts";
import { until } from "../support/until.ts";

const PROGRAM = new URL("../support/terminals_process.ts", import.meta.url).href;

/** Starts a process with terminals. Returns it and their folder; undefined: there is no tmux. */
async function startTerminals(...args: string[]) {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-read", "--allow-write", "--allow-run", PROGRAM, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  });
  const child = command.spawn();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await output.read();
    if (done) break;
    text += value;
  }
  const rest = output.cancel();
  return { child, folder: text.trim(), rest };
}

for (const killed of [false, true]) {
  const how = killed ? "is killed" : "fails";
  Deno.test(`terminals: nothing is left of those of a process that ${how}`, async () => {
    if (!PROCESS_FACTS) return;
    const { child, folder, rest } = await startTerminals(...killed ? ["wait"] : []);
    if (folder === "") {
      assertEquals((await child.status).code, 2);
      await rest;
      return console.log("not tried: there is no tmux");
    }
    const socket = `TMUX=${folder}/socket`;
    if (killed) {
      const panes = await processesWith(socket);
      assert(panes.length >= 8, `${panes}`);
      child.kill("SIGKILL");
      await child.status;
      await until("the panes have ended", async () => (await processesWith(socket)).length === 0);
      await until("tmux has ended", async () => (await processesWith(folder)).length === 0);
      await Deno.remove(folder, { recursive: true });
    } else {
      assertEquals((await child.status).code, 1);
      assertEquals([await processesWith(socket), await processesWith(folder)], [[], []]);
    }
    await rest;
  });
}

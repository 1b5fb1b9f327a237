import config from "../../../../deno.json" with { type: "json" };
import { assertEquals } from "../../../support/assert.ts";

const [, ...TASK] = config.tasks.client.command.split(" ");
const PROGRAM = new URL(`../../../../${TASK.pop()}`, import.meta.url).href;

Deno.test("terminal: output that nobody reads any more ends the command in silence", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...TASK, PROGRAM, "--json", "completions", "bash"],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await child.stdout.cancel(); // long before the program has started
  assertEquals(await new Response(child.stderr).text(), "");
  assertEquals((await child.status).code, 141);
});

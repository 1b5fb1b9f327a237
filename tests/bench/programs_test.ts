import { assertEquals, assertRejects } from "../support/assert.ts";
import { MissingProgram, needProgram, runProgram } from "./programs.ts";

const { signal } = new AbortController();

Deno.test("bench: a program that is there needs nothing", async () => {
  await needProgram(Deno.execPath(), "deno", signal, ["false"]);
});

Deno.test("bench: who cannot install a program is told how", async () => {
  for (const install of [["false"], ["true"], ["no-such-installer"]]) {
    await assertRejects(
      () => needProgram("no-such-program", "such-a-package", signal, install),
      MissingProgram,
      "sudo apt-get install such-a-package",
    );
  }
});

Deno.test("bench: a program that fails says what it wrote", async () => {
  const run = (script: string) => runProgram(["sh", "-c", script], { signal });
  assertEquals(await run("echo out; echo err >&2"), { stdout: "out\n", stderr: "err\n" });
  await assertRejects(() => run("echo why >&2; exit 3"), Error, "why");
});

Deno.test("bench: an interrupted run ends the programs that it waits for", async () => {
  const controller = new AbortController();
  const running = runProgram(["sleep", "600"], { signal: controller.signal });
  controller.abort();
  await assertRejects(() => running, Error);
});

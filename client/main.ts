/** The client's process: arguments in, exit code out. */
import { randomBytes } from "../shared/crypto/random.ts";
import { sleep } from "../shared/sleep.ts";
import { runCommandLine } from "./cli/cli.ts";

if (import.meta.main) {
  const exitCode = await runCommandLine(Deno.args, {
    now: () => Date.now(),
    ticks: () => performance.now(),
    sleep,
    random: randomBytes,
    environment: (variable) => Deno.env.get(variable),
    exit: (code) => Deno.exit(code),
  });
  Deno.exit(exitCode);
}

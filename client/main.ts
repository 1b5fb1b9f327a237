/** The client's process: arguments in, exit code out. */
import { randomBytes } from "../shared/crypto/random.ts";
import { sleep } from "../shared/sleep.ts";
import { stateDirectory } from "./disk/run_count.ts";
import { runCommandLine } from "./cli/cli.ts";

if (import.meta.main) {
  const environment = (variable: string) => Deno.env.get(variable);
  const exitCode = await runCommandLine(Deno.args, {
    now: () => Date.now(),
    ticks: () => performance.now(),
    sleep,
    random: randomBytes,
    environment,
    stateDirectory: stateDirectory(environment, Deno.build.os),
    exit: (code) => Deno.exit(code),
  });
  Deno.exit(exitCode);
}

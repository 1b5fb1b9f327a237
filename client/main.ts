/** The client's process: arguments in, exit code out. */
import { randomBytes } from "../shared/crypto/random.ts";
import { sleep } from "../shared/sleep.ts";
import { dataDirectory, stateDirectory } from "./disk/user_folders.ts";
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
    dataDirectory: dataDirectory(environment, Deno.build.os),
    forbidPrograms: () => Deno.permissions.revokeSync({ name: "run" }),
    exit: (code) => Deno.exit(code),
  });
  Deno.exit(exitCode);
}

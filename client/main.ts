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
    async asProduction(load) {
      const before = environment("NODE_ENV");
      Deno.env.set("NODE_ENV", "production");
      try {
        return await load();
      } finally {
        // Programs that this process starts find what the user has set.
        if (before === undefined) Deno.env.delete("NODE_ENV");
        else Deno.env.set("NODE_ENV", before);
      }
    },
    exit: (code) => Deno.exit(code),
  });
  Deno.exit(exitCode);
}

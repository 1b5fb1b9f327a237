/** The signals that stop a server. */

/** Windows has no SIGTERM and no SIGHUP; closing the console sends SIGBREAK there. */
const STOPPING: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];
const EXIT_KILLED = 1;

/** Resolves with the first signal to stop. A second one ends the process at once, by `exit`. */
export function untilSignal(exit: (code: number) => void): Promise<string> {
  return new Promise((resolve) => {
    let count = 0;
    for (const signal of STOPPING) {
      Deno.addSignalListener(signal, () => {
        if (++count > 1) exit(EXIT_KILLED);
        resolve(signal);
      });
    }
  });
}

/** The client's process: arguments in, exit code out. */
import type { Bytes } from "../shared/bytes.ts";
import { runCommandLine } from "./cli/cli.ts";

/** The system gives at most 65,536 bytes at a time. */
function random(size: number): Bytes {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

if (import.meta.main) {
  const exitCode = await runCommandLine(Deno.args, {
    now: () => Date.now(),
    ticks: () => performance.now(),
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    random,
    environment: (variable) => Deno.env.get(variable),
    exit: (code) => Deno.exit(code),
  });
  Deno.exit(exitCode);
}

import { adviceFor, type Advise } from "./output/advice.ts";
import type { GlobalOptions } from "./command.ts";
import { parseCommandLine } from "./command_line.ts";
import { COMMANDS } from "./commands.ts";
import type { Process } from "./context.ts";
import { wantsPlain } from "./output/colour.ts";
import { EXIT_DONE } from "./output/failure.ts";
import { errorPaint, printFailure } from "./print_failure.ts";
import { errorIsTerminal, printOut } from "./terminal/terminal.ts";

/**
 * Runs the command that `args` ask for. Returns the exit code. What only says what the commands are
 * starts as fast as an empty program; all else is loaded when it is known to be needed.
 */
export async function runCommandLine(args: readonly string[], process: Process): Promise<number> {
  // All that is known of how to print an error before the arguments are parsed.
  let json = args.includes("--json");
  let advise: Advise | undefined;
  let color: GlobalOptions["color"];
  try {
    const invocation = parseCommandLine(args, COMMANDS);
    ({ json, color } = invocation.options);
    advise = adviceFor(invocation.options.profile);
    const text = await invocation.command.text?.(invocation.args, COMMANDS);
    if (text !== undefined) {
      printOut(`${text}\n`);
      return EXIT_DONE;
    }
    const { run } = await import("./run.ts");
    return await run(args, invocation, process, advise);
  } catch (error) {
    const { environment } = process;
    const isPlain = wantsPlain(environment);
    const paint = errorPaint(color, { errorIsTerminal: errorIsTerminal(), isPlain });
    return printFailure(error, json, { advise, paint });
  }
}

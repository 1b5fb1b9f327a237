import type { GlobalOptions } from "./command.ts";
import type { Advise } from "./output/advice.ts";
import { type Paint, paintFor } from "./output/colour.ts";
import { EXIT_UNREAD, failureOf, failureText } from "./output/failure.ts";
import { printError } from "./terminal/terminal.ts";

/**
 * Tells the user of an error, unless it is that nobody reads any more. Returns its exit code.
 */
export function printFailure(
  error: unknown,
  json: boolean,
  { advise, paint, printError: print = printError }: {
    advise?: Advise;
    paint?: Paint;
    printError?: (text: string) => void;
  } = {},
): number {
  const failure = failureOf(error, advise);
  if (failure.exitCode === EXIT_UNREAD) return EXIT_UNREAD;
  print(`${failureText(failure, json, paint)}\n`);
  return failure.exitCode;
}

/** Returns the colours of what goes to standard error. */
export function errorPaint(
  color: GlobalOptions["color"],
  { errorIsTerminal: isTerminal, isPlain }: {
    readonly errorIsTerminal: boolean;
    readonly isPlain: boolean;
  },
): Paint {
  return paintFor(color, { isTerminal, isPlain });
}

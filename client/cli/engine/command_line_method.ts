import manifest from "../../../deno.json" with { type: "json" };
import type { Call, Method } from "../../daemon/method.ts";
import type { Params } from "../../daemon/rpc_message.ts";
import { ClientError } from "../../errors.ts";
import type { CommandContext } from "../command.ts";
import { parseCommandLine } from "../command_line.ts";
import { openContext } from "../context.ts";
import { errorPaint, printFailure } from "../print_failure.ts";
import type { Engine } from "./engine.ts";
import { adviceFor } from "../output/advice.ts";
import { EXIT_DONE, EXIT_FAILED } from "../output/failure.ts";
import { remoteTerminal, TERMINAL_PARAMS } from "./remote_terminal.ts";
import { showResults } from "../show_results.ts";

/** The version of both programs, as a front end of another one would print other things. */
export const VERSION = manifest.version;

/** Returns the method by which the command line of another process runs in the engine. */
export function commandLineMethod(engine: Engine): Method {
  return {
    name: "command-line",
    summary: "Run a command line for the terminal of the asker",
    description:
      "What the program itself does when it finds an engine. The asker gets the notifications\n" +
      "out and err {text}, and the requests print {text} and, as far as the arguments call for\n" +
      "them, ask {prompt}, text, input, which answers base64 or null, and passphrase; each\n" +
      "names its request. Of what stops only a part of it, it hears as the answer to the\n" +
      "request interrupt.",
    params: [
      {
        name: "version",
        summary: "The asker's version, which must be that of the engine",
        required: true,
        schema: { type: "string" },
      },
      {
        name: "args",
        summary: "The arguments, without the program's name",
        required: true,
        schema: { type: "array", items: { type: "string" } },
      },
      ...TERMINAL_PARAMS,
    ],
    result: {
      type: "object",
      properties: { exitCode: { type: "integer" } },
      required: ["exitCode"],
    },
    run: (params, call) => runFor(engine, params, call),
  };
}

async function runFor(
  engine: Engine,
  params: Params,
  call: Call,
): Promise<{ exitCode: number }> {
  if (params.version !== VERSION) {
    const message = "the engine of this profile is of another version; end it, and try again";
    throw new ClientError("in-use", `${message}: messaging-client stop`);
  }
  const { opened, options: { commands, process, passphrase } } = engine;
  const invocation = parseCommandLine(params.args as string[], commands);
  const { command, options: { profile, json, color } } = invocation;
  if (!command.opensProfile) throw new ClientError("not-needed", "it needs no engine");
  const terminal = remoteTerminal(call, params, passphrase);
  const advise = adviceFor(profile);
  let exitCode = EXIT_DONE;
  const fail = () => exitCode = EXIT_FAILED;
  const options = { ...invocation.options, profile: opened.profile.folder };
  // Who is interrupted once more ends itself; the engine goes on for all others.
  const own = { ...process, exit: () => {} };
  const opening = openContext(options, own, terminal, { commands, advise, fail });
  const context: CommandContext = { ...opening, ...opened, engine };
  const hasFailed = () => exitCode !== EXIT_DONE;
  const show = (context: CommandContext) => showResults(invocation, context, terminal, hasFailed);
  try {
    await engine.work(context.note, async () => {
      engine.checkServer(options.server);
      if (command.stops !== "the command") return await show(context);
      await context.stoppable((signal) => show({ ...context, signal }));
    });
  } catch (error) {
    context.progress.clear();
    const { printError } = terminal;
    exitCode = printFailure(error, json, {
      advise,
      printError,
      paint: errorPaint(color, terminal),
    });
  } finally {
    context.progress.stop();
  }
  await terminal.flush();
  return { exitCode };
}

/** What a command gets that runs for a request: whoever asks, in place of a terminal. */
import type { Call } from "../../daemon/method.ts";
import { METHOD_NOT_FOUND, RpcError } from "../../daemon/rpc_error.ts";
import type { CommandContext } from "../command.ts";
import type { Process } from "../context.ts";
import { Passphrases } from "../terminal/passphrase.ts";
import { Progress } from "../terminal/progress.ts";
import { ProgressLines } from "../terminal/progress_lines.ts";

type Rest = Pick<CommandContext, "commands" | "options"> & {
  readonly runtime: Process;
  /** Hears of errors that do not end the command. */
  readonly problem: (error: unknown) => void;
};

/**
 * Returns the context. The asker gets the notifications note {text} and progress {progress}, and
 * the requests ask {question}, secret {question}, text and input for what else a person types;
 * each says to which `request` it belongs.
 */
export function callContext(
  call: Call,
  { problem, ...rest }: Rest,
): CommandContext {
  const { signal } = call;
  const view = new ProgressLines((progress) => void call.notify("progress", { progress }));
  const ask = async (method: string, question: string) => {
    try {
      const answer = await call.request(method, { question });
      return typeof answer === "string" ? answer : null;
    } catch (error) {
      // A program that asks nobody gives no answer.
      if (error instanceof RpcError && error.code === METHOD_NOT_FOUND) return null;
      throw error;
    }
  };
  return {
    ...rest,
    passphrases: new Passphrases({
      environment: () => undefined,
      ask: async (question) => await ask("secret", question) ?? "",
    }),
    progress: new Progress({ view, now: rest.runtime.ticks }),
    rich: false,
    attended: true,
    advise: (text) => text,
    signal,
    stoppable: (part) => part(signal),
    place: (path) => path,
    printLine: (text) => void call.notify("line", { text }),
    ask: (question) => ask("ask", question),
    readText: async () => String(await call.request("text")),
    async *readInput() {
      for (let piece; (piece = await call.request("input")) !== null;) {
        yield Uint8Array.fromBase64(String(piece));
      }
    },
    showError: problem,
    report: problem,
    fail: () => {},
    note: (text) => void call.notify("note", { text }),
  };
}

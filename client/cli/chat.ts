/** The command chat, on whatever it has to show itself. */
import { UsageError } from "../../shared/args.ts";
import { ClientError } from "../errors.ts";
import { watchMessages } from "../tui/link/message_watch.ts";
import { PlainChat } from "../tui/plain/plain_chat.ts";
import { rpcLink } from "../tui/link/rpc_link.ts";
import { openTty } from "../tui/terminal/tty.ts";
import type { FrontContext } from "./command.ts";
import { pathFrom } from "./engine/remote_terminal.ts";
import { hasColours, wantsPlain } from "./output/colour.ts";
import { currentFolder } from "./terminal/terminal.ts";

/** The arguments of the command chat. */
interface ChatArgs {
  readonly peer?: string;
  readonly plain: boolean;
  readonly vim: boolean;
  readonly "no-mouse": boolean;
}

/** Talks on a full screen, or where that cannot be in lines. */
export async function runChat(
  { peer, plain, vim, "no-mouse": noMouse }: ChatArgs,
  context: FrontContext,
): Promise<void> {
  const { environment, options: { json, color } } = context;
  const tty = plain || json ? undefined : openTty(environment("TERM"));
  if (!tty) return await inLines(peer, context);
  const { runFullChat } = await context.asProduction(() => import("../tui/full_chat.ts"));
  await runFullChat({
    ...{ stream: context.stream, tty, sleep: context.runtime.sleep, place },
    ...{ name: peer, vim, mouse: !noMouse },
    colours: hasColours(color, { isTerminal: true, isPlain: wantsPlain(environment) }),
    home: environment("HOME"),
    hear: context.hear,
    notesTo: context.notesTo,
  });
}

/** Paths are those of the current folder; the engine has its own. */
const place = (path: string) => pathFrom(currentFolder(), path);

async function inLines(name: string | undefined, context: FrontContext): Promise<void> {
  if (name === undefined) throw new UsageError("chat in lines needs NAME: chat --plain NAME");
  const link = rpcLink(context.stream);
  if (context.hear) await watchMessages(link, context.hear);
  const { options: { json }, printLine: print, note } = context;
  const report = (error: Error) => {
    context.showError(error);
    context.fail();
  };
  const lines = typedLines(context);
  const chat = new PlainChat({ link, name, json, lines, print, note, place, report });
  const gone = link.closed.then(() => {
    throw new ClientError("engine-ended", "the engine of this profile has ended; chat again");
  });
  await Promise.race([chat.run(), gone]);
}

async function* typedLines({ ask }: FrontContext): AsyncGenerator<string> {
  for (let line; (line = await ask("")) !== null;) yield line;
}

import { UsageError } from "../../../shared/args.ts";
import { ClientError } from "../../errors.ts";
import { watchMessages } from "../../tui/link/message_watch.ts";
import { PlainChat } from "../../tui/plain/plain_chat.ts";
import { rpcLink } from "../../tui/link/rpc_link.ts";
import { openTty } from "../../tui/terminal/tty.ts";
import { frontCommand, type FrontContext } from "../command.ts";
import { PEER } from "../operands.ts";
import { hasColours, wantsPlain } from "../output/colour.ts";
import { pathFrom } from "../engine/remote_terminal.ts";
import { NOTIFYING } from "../terminal/notifier.ts";
import { currentFolder } from "../terminal/terminal.ts";

export const chat = frontCommand({
  name: "chat",
  operands: { peer: { ...PEER, optional: true } },
  options: {
    plain: { help: "In lines, which move no cursor: for screen readers and pipes" },
    vim: { help: "With keys of vim: Esc ends writing, and i begins it again" },
    "no-mouse": { help: "Leave the mouse to the terminal" },
    ...NOTIFYING,
  },
  summary: "Talk with other clients on a full screen, or with one in lines",
  details:
    "Shows conversations and messages as they come; ? lists the keys and commands. It needs 80\n" +
    "columns and 24 lines, or shows one thing at a time in fewer.\n\n" +
    "With --plain or --json, in a pipe, or on a terminal that cannot move its cursor it shows\n" +
    "the last messages with NAME and then all that come, in lines. Each line that is typed is\n" +
    "sent; /help lists the commands, and /quit or the end of the input ends it. With --json\n" +
    "each message, and each change of one, is an object.\n\n" +
    "While it runs, other commands on the profile work through it.",
  results: ["history"],
  runsPrograms: (args) => args["on-message"] !== undefined,
  async run({ peer, plain, vim, "no-mouse": noMouse }, context) {
    const { environment, options: { json, color } } = context;
    const tty = plain || json ? undefined : openTty(environment("TERM"));
    if (!tty) return await inLines(peer, context);
    const { runFullChat } = await context.asProduction(() => import("../../tui/full_chat.ts"));
    await runFullChat({
      ...{ stream: context.stream, tty, sleep: context.runtime.sleep, place },
      ...{ name: peer, vim, mouse: !noMouse },
      colours: hasColours(color, { isTerminal: true, isPlain: wantsPlain(environment) }),
      home: environment("HOME"),
      hear: context.hear,
      notesTo: context.notesTo,
    });
  },
});

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

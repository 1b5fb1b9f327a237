import { ClientError } from "../../errors.ts";
import { watchMessages } from "../../tui/message_watch.ts";
import { PlainChat } from "../../tui/plain_chat.ts";
import { rpcLink } from "../../tui/rpc_link.ts";
import { frontCommand, type FrontContext } from "../command.ts";
import { PEER } from "../operands.ts";
import { pathFrom } from "../remote_terminal.ts";
import { NOTIFYING } from "../terminal/notifier.ts";
import { currentFolder } from "../terminal/terminal.ts";

export const chat = frontCommand({
  name: "chat",
  operands: { peer: PEER },
  options: {
    plain: { help: "In lines, which move no cursor: for screen readers and pipes" },
    ...NOTIFYING,
  },
  summary: "Talk with another client",
  details:
    "Shows the last messages and then all that come. Each line that is typed is sent; /help lists\n" +
    "the commands, and /quit or the end of the input ends it. In a pipe the lines come from there;\n" +
    "with --json each message, and each change of one, is an object.\n\n" +
    "While it runs, other commands on the profile work through it.",
  runsPrograms: (args) => args["on-message"] !== undefined,
  async run({ peer }, context) {
    const link = rpcLink(context.stream);
    if (context.hear) await watchMessages(link, context.hear);
    const { options: { json }, printLine: print, note } = context;
    const report = (error: Error) => {
      context.showError(error);
      context.fail();
    };
    const place = (path: string) => pathFrom(currentFolder(), path);
    const lines = typedLines(context);
    const chat = new PlainChat({ link, name: peer, json, lines, print, note, place, report });
    const gone = link.closed.then(() => {
      throw new ClientError("engine-ended", "the engine of this profile has ended; chat again");
    });
    await Promise.race([chat.run(), gone]);
  },
});

async function* typedLines({ ask }: FrontContext): AsyncGenerator<string> {
  for (let line; (line = await ask("")) !== null;) yield line;
}

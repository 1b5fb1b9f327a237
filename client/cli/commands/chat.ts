import { frontCommand } from "../command.ts";
import { PEER } from "../operands.ts";
import { NOTIFYING } from "../terminal/notifying.ts";

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
  async run(args, context) {
    const { runChat } = await import("../chat.ts");
    await runChat(args, context);
  },
});

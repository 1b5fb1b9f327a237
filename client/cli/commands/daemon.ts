import { UsageError } from "../../../shared/args.ts";
import { clientCommand } from "../command.ts";
import { NOTIFYING } from "../terminal/notifying.ts";

const MINUTE = 60_000;

export const daemon = clientCommand({
  name: "daemon",
  options: {
    stdio: { help: "Speak JSON-RPC on standard input and output" },
    idle: {
      value: "MINUTES",
      help: "End when nobody was connected, and no file moved, for so long",
      parse: parseMinutes,
    },
    ...NOTIFYING,
  },
  summary: "Keep the profile open, and serve other programs",
  details:
    "Messages are collected as they come; receive shows them. Other commands on the profile\n" +
    "work through it. Programs speak JSON-RPC 2.0, one object a line: client/daemon/API.md in\n" +
    "the source has all methods, and so has the method rpc.discover. engine.json in the\n" +
    "profile's folder says where it listens. With --stdio it ends with standard input; if\n" +
    "another process serves the profile already, it passes on what is said. To end it:\n" +
    "messaging-client stop",
  createsProfile: true,
  stops: "its parts",
  typed: true,
  results: [],
  runsPrograms: (args) => args["on-message"] !== undefined,
  serves: () => true,
  async besideEngine(args, folder) {
    const { passOn } = await import("../serving.ts");
    return await passOn(args, folder);
  },
  async run(args, context) {
    const { serve } = await import("../serving.ts");
    await serve(args, context);
  },
});

function parseMinutes(text: string): number {
  const minutes = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (minutes > 0) return minutes * MINUTE;
  throw new UsageError(`--idle takes minutes, such as 10 or 0.5, not "${text}"`);
}

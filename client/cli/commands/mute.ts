import { UsageError } from "../../../shared/args.ts";
import { clientCommand } from "../command.ts";
import { PEER } from "../operands.ts";
import { parseDuration } from "../times.ts";

export const mute = clientCommand({
  name: "mute",
  operands: { peer: PEER, duration: { name: "DURATION|off", optional: true, parse } },
  summary: "Have no notifications of a conversation",
  details:
    "For DURATION, such as 30m, 8h, 2d or 1w; without it, until off. Its messages come as\n" +
    "before. Needs no server.",
  needsServer: () => false,
  results: ["conversation"],
  async *run({ peer, duration = Infinity }, { client, runtime }) {
    const until = duration === 0 ? 0 : runtime.now() + duration;
    yield { kind: "conversation", conversation: client.conversations.mute(peer, until) };
  },
});

/** Returns milliseconds; 0 for off. */
function parse(text: string): number {
  const duration = text === "off" ? 0 : parseDuration(text);
  if (duration !== null) return duration;
  throw new UsageError(`mute takes a duration such as 30m, 8h, 2d or 1w, or off, not "${text}"`);
}

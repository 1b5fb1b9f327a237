import { UsageError } from "../../../shared/args.ts";
import { clientCommand } from "../command.ts";
import { PEER } from "../operands.ts";
import { historyResult } from "../results.ts";

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

export const timer = clientCommand({
  name: "timer",
  operands: {
    peer: PEER,
    duration: { name: "DURATION", optional: true, parse: parseDuration },
  },
  summary: "Have the messages of a conversation disappear, or show when they do",
  details:
    "DURATION is a number with s, m, h, d or w, such as 30s, 12h or 4w, at most 365d; or off.\n" +
    "From then on both sides forget a message so long after it was sent or read, and what is\n" +
    "kept of its file; files that were saved stay. Messages from before stay.",
  needsServer: ({ duration }) => duration !== undefined,
  results: ["history", "timer"],
  async *run({ peer, duration }, { client }) {
    const { messages } = client;
    if (duration === undefined) yield { kind: "timer", ...messages.timer(peer) };
    else yield historyResult(client, await messages.setTimer(peer, duration));
  },
});

/** Returns seconds; 0 for "off". */
function parseDuration(text: string): number {
  if (text === "off") return 0;
  const [_, number, unit] = /^([1-9]\d{0,8})([smhdw])$/.exec(text) ?? [];
  if (unit) return Number(number) * SECONDS[unit as keyof typeof SECONDS];
  throw new UsageError(`DURATION is such as 30s, 12h or 4w, or off, not "${text}"`);
}

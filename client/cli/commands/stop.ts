import { plainCommand } from "../command.ts";

export const stop = plainCommand({
  name: "stop",
  summary: "End the engine of the profile",
  details:
    "The engine is the process that has the profile open for long, such as receive --follow;\n" +
    "other commands work through it. What it does for others is stopped in good order. Without\n" +
    "an engine there is nothing to do.",
  results: ["stopped"],
  async *run(_, { options: { profile } }) {
    const { findEngine } = await import("../engine/front_end.ts");
    await using engine = await findEngine(profile);
    if (engine) {
      await engine.peer.request("stop");
      await engine.peer.closed;
    }
    yield { kind: "stopped", stopped: engine !== null };
  },
});

import { plainCommand } from "../command.ts";

export const lock = plainCommand({
  name: "lock",
  summary: "Forget the passphrase of the profile",
  details:
    "The engine of the profile, which holds it, ends. Without an engine each command asks for\n" +
    "the passphrase, and there is nothing to do.",
  results: ["stopped"],
  async *run(_, { options: { profile } }) {
    const { findEngine } = await import("../engine/front_end.ts");
    await using engine = await findEngine(profile);
    if (engine) {
      await engine.peer.request("lock");
      await engine.peer.closed;
    }
    yield { kind: "stopped", stopped: engine !== null };
  },
});

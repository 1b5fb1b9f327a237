import { plainCommand } from "../command.ts";

export const test = plainCommand({
  name: "test",
  summary: "Run automatic tests against the server",
  details: "Registers a few clients with random names, and unregisters the secure ones; the\n" +
    "classic clients stay on the server. The profile is not changed.",
  results: [],
  async run(_, { options: { profile, server }, runtime, printLine, fail }) {
    const { serverAddress } = await import("../../open_client.ts");
    const { runSelfTest } = await import("../self_test.ts");
    const failed = await runSelfTest(await serverAddress(profile, server), runtime, printLine);
    if (failed > 0) fail();
  },
});

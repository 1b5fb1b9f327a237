import { serverAddress } from "../../open_client.ts";
import { plainCommand } from "../command.ts";
import { runSelfTest } from "../self_test.ts";

export const test = plainCommand({
  name: "test",
  summary: "Run automatic tests against the server",
  details: "Registers a few clients with random names, and unregisters the secure ones; the\n" +
    "classic clients stay on the server. The profile is not changed.",
  results: [],
  async run(_, { options: { profile, server }, runtime, printLine, fail }) {
    const failed = await runSelfTest(await serverAddress(profile, server), runtime, printLine);
    if (failed > 0) fail();
  },
});

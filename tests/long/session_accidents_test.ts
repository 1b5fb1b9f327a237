/** As `tests/client/sessions/accidents_test.ts`, with many more sequences. */
import { trySequences } from "../support/model/model.ts";

Deno.test("sessions: whatever breaks, in 830 sequences", async () => {
  await trySequences("honest", 830);
});

/** As `tests/client/sessions/attacks_test.ts`, with many more sequences. */
import { trySequences } from "../support/model/model.ts";

Deno.test("sessions: whatever the server does, in 830 sequences", async () => {
  await trySequences("hostile", 830);
});

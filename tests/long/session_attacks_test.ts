/** As `tests/client/sessions/attacks_test.ts`, with many more sequences. */
import { assert } from "../support/assert.ts";
import { trySequences } from "../support/model/model.ts";

Deno.test("sessions: whatever the server does, in 1,000 sequences", async () => {
  const kemRounds = await trySequences("hostile", 1000);
  // Each sequence ends with one; others must have come while things went wrong.
  assert(kemRounds > 1250, `KEM secrets were mixed in ${kemRounds} times only`);
});

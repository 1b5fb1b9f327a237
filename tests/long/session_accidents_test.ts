/** As `tests/client/sessions/accidents_test.ts`, with many more sequences. */
import { assert } from "../support/assert.ts";
import { trySequences } from "../support/model/model.ts";

Deno.test("sessions: whatever breaks, in 1,000 sequences", async () => {
  const kemRounds = await trySequences("honest", 1000);
  // Each sequence ends with one; others must have come while things went wrong.
  assert(kemRounds > 1250, `KEM secrets were mixed in ${kemRounds} times only`);
});

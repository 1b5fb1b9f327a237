/** The random sequences of `tests/client/sessions/`, many more of them. */
import { trySequences } from "../support/model/model.ts";

Deno.test("sessions: 830 sequences of accidents", async () => {
  await trySequences("honest", 830);
});

Deno.test("sessions: 830 sequences of accidents and attacks", async () => {
  await trySequences("hostile", 830);
});

import { trySequences } from "../../support/model/model.ts";

Deno.test("sessions: whatever breaks, what is shown was sent, once, and all recovers", async () => {
  await trySequences("honest", 20);
});

import { trySequences } from "../../support/model/model.ts";

Deno.test("sessions: whatever the server does, what is shown was sent, once", async () => {
  await trySequences("hostile", 20);
});

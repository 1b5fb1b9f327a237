/** The product talks with the reference, in either role: each understands the other. */
import { converseAtRandom } from "../../support/session/both_implementations.ts";

const COUNT = 8;

Deno.test("both implementations: the product starts, the reference answers", async () => {
  await converseAtRandom(true, COUNT);
});

Deno.test("both implementations: the reference starts, the product answers", async () => {
  await converseAtRandom(false, COUNT);
});

/** The product talks with the reference, in either role: each understands the other. */
import { assertEquals } from "../support/assert.ts";
import {
  converseAtRandom,
  NOW,
  ProductTalker,
  ReferenceTalker,
} from "../support/session/both_implementations.ts";
import { bundleOf, castOf } from "../shared/session/reference/agreement_vectors.ts";
import { ByteSource } from "../shared/session/reference/basics.ts";

const COUNT = 25;

Deno.test("both implementations: the product starts, the reference answers", async () => {
  await converseAtRandom(true, COUNT);
});

Deno.test("both implementations: the reference starts, the product answers", async () => {
  await converseAtRandom(false, COUNT);
});

Deno.test("both implementations: a message may skip a thousand keys, not one more", async () => {
  for (
    const [Starter, Accepter] of [[ProductTalker, ReferenceTalker], [
      ReferenceTalker,
      ProductTalker,
    ]]
  ) {
    const source = new ByteSource("skips");
    const cast = await castOf(source);
    const { 1: SPKb, 4: PQPKb } = cast.prekeys;
    const A = await Starter.starts(cast, bundleOf([SPKb, PQPKb]), source);
    const next = (i: number) => A.send(3, { id: source.bytes(16), at: NOW, text: `${i}` });
    const envelopes = Array.from({ length: 3003 }, (_, i) => next(i));
    const B = await Accepter.accepts(cast, envelopes[0], source);
    const textOf = (i: number) => B.receive(3, envelopes[i], NOW)?.text;
    assertEquals(textOf(1001), undefined); // 0 to 1000 were skipped
    assertEquals([1000, 2001, 3002].map(textOf), ["1000", "2001", "3002"]);
    // 3,000 keys were skipped, and the last 2,000 are left: those of 1001 to 2000 and 2002 to 3001.
    assertEquals([0, 500, 999].map(textOf), [undefined, undefined, undefined]);
    assertEquals([1001, 2000, 3001].map(textOf), ["1001", "2000", "3001"]);
    assertEquals([1000, 1001, 3002].map(textOf), [undefined, undefined, undefined]);
  }
});

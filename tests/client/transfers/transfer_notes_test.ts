import { TransferNotes } from "../../../client/transfers/transfer_notes.ts";
import { assertEquals } from "../../support/assert.ts";

function notes() {
  let transactions = 0;
  const transaction = <T>(change: () => T): T => {
    transactions++;
    return change();
  };
  return { notes: new TransferNotes({ transaction }), transactions: () => transactions };
}

Deno.test("transfer notes: those of one turn share a transaction", async () => {
  const { notes: all, transactions } = notes();
  const made: number[] = [];
  await Promise.all([1, 2, 3].map((n) => all.note(() => void made.push(n))));
  assertEquals([made, transactions()], [[1, 2, 3], 1]);
  await all.note(() => void made.push(4));
  assertEquals([made, transactions()], [[1, 2, 3, 4], 2]);
});

Deno.test("transfer notes: one that fails does so alone", async () => {
  const { notes: all } = notes();
  const made = new Set<number>();
  const outcomes = await Promise.allSettled([1, 2, 3].map((n) =>
    all.note(() => {
      if (n === 2) throw new Error("two");
      made.add(n);
    })
  ));
  assertEquals(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assertEquals([...made], [1, 3]);
});

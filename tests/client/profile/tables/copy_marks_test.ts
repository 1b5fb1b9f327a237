import { CopyMarks } from "../../../../client/profile/tables/copy_marks.ts";
import { toHex } from "../../../../shared/bytes.ts";
import { COPY_MARK_SIZE } from "../../../../shared/limits.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { emptyTables } from "../../../support/profile/database.ts";
import { randomBytes, vaultOf } from "../../../support/profile/vault_of.ts";

const ZEROS = new Uint8Array(COPY_MARK_SIZE);

function newMarks(): CopyMarks {
  return new CopyMarks(emptyTables(), vaultOf(1));
}

/** One run with a server that has the mark `earlier`. Returns the mark that it has then. */
function run(marks: CopyMarks, earlier: Uint8Array<ArrayBuffer>, expected: "fresh" | "restored") {
  const { mark } = marks.next(randomBytes);
  assertEquals(marks.isFresh(earlier) ? "fresh" : "restored", expected);
  marks.settle();
  assertEquals(marks.current(), mark);
  return mark;
}

Deno.test("marks: a new profile is fresh, and so it is on each further run", () => {
  const marks = newMarks();
  assertEquals(marks.current(), ZEROS);
  let mark = ZEROS;
  for (let i = 0; i < 3; i++) mark = run(marks, mark, "fresh");
});

Deno.test("marks: those whose answers were not seen are known, and none is given twice", () => {
  for (const reached of [0, 1, 2]) {
    const marks = newMarks();
    const next = () => marks.next(randomBytes).mark;
    const tried = [run(marks, ZEROS, "fresh"), next(), next()];
    assertEquals(new Set(tried.map(toHex)).size, 3);
    assertEquals(marks.current(), tried[0]);
    run(marks, tried[reached], "fresh");
  }
});

Deno.test("marks: a server with another mark shows an old copy, once", () => {
  const marks = newMarks();
  const first = run(marks, ZEROS, "fresh");
  const second = run(marks, first, "fresh");
  const third = run(marks, first, "restored");
  run(marks, third, "fresh");
  assert(!marks.isFresh(second));
  // A newly set up server has also forgotten the sessions' prekeys.
  assert(!marks.isFresh(ZEROS));
});

Deno.test("marks: until what an answer led to is done, it counts as not seen", () => {
  const marks = newMarks();
  run(marks, ZEROS, "fresh");
  const { mark } = marks.next(randomBytes);
  const foreign = randomBytes(COPY_MARK_SIZE);
  assert(!marks.isFresh(foreign));
  marks.settle();
  assertEquals(marks.current(), mark);
  marks.settle();
  assertEquals(marks.current(), mark);
});

Deno.test("marks: more runs outside than here are evidence of an old copy, once", () => {
  const marks = newMarks();
  assertEquals(marks.next(randomBytes, 0).runs, 1);
  assertEquals(marks.next(randomBytes, 1).runs, 2); // this one was kept outside, and not settled
  assert(!marks.evidence);
  marks.settle();
  assertEquals(marks.next(randomBytes, 5).runs, 6);
  assert(marks.evidence);
  assertEquals(marks.next(randomBytes, 5).runs, 7);
  assert(marks.evidence, "it stays until something is done");
  marks.renew();
  assert(!marks.evidence);
  assert(marks.renewing);
  marks.next(randomBytes, 7);
  assert(!marks.evidence, "it counts once");
  assert(marks.renewing, "what it led to is not done yet");
  marks.settle();
  assert(!marks.renewing);
  marks.noteImport();
  assert(marks.evidence);
  marks.next(randomBytes, 0);
  marks.settle();
  assert(!marks.evidence);
  assertEquals(marks.next(randomBytes, 0).runs, 10);
});

Deno.test("marks: however many runs fail, and wherever each stops, none makes evidence", () => {
  const marks = newMarks();
  let outside = 0;
  for (let run = 0; run < 300; run++) {
    const { runs } = marks.next(randomBytes, outside);
    assert(!marks.evidence, `run ${run}`);
    if (run % 7 > 4) outside = runs; // the count is kept, and then it stops
    if (run % 7 === 6) marks.settle();
    if (run % 11 === 10) outside = 0; // somebody has cleared the state directory away
  }
});

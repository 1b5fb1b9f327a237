import { Repairs } from "../../../../client/profile/tables/repairs.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { emptyTables, idOf } from "../../../support/profile/database.ts";
import { vaultOf } from "../../../support/profile/vault_of.ts";

const ALICE = idOf(1);
const BOB = idOf(2);
const MINUTE = 60 * 1000;
const DAY = 24 * 60 * MINUTE;
const NOW = Date.UTC(2030, 0);
const NOTHING = { accepted: 0, askedAt: 0, count: 0, sent: 0, answeredUntil: 0 };

function newRepairs(): Repairs {
  return new Repairs(emptyTables(), vaultOf(1));
}

Deno.test("repairs: nothing is known, wanted or due at first", () => {
  const repairs = newRepairs();
  assertEquals(repairs.get(ALICE), { ...NOTHING, wanted: [] });
  assertEquals(repairs.due(ALICE, NOW), []);
  assertEquals(repairs.peersWanting(), []);
});

Deno.test("repairs: what is wanted is due at once, and wanted until it was asked for", () => {
  const repairs = newRepairs();
  for (const id of [7, 3, 7, 0xffff_ffff]) repairs.want(ALICE, [id]);
  repairs.want(BOB, [1]);
  assertEquals(repairs.due(ALICE, NOW), [7, 3, 0xffff_ffff]);
  assertEquals(repairs.peersWanting(), [ALICE, BOB]);
  repairs.asked(ALICE, NOW, NOW + 5, [3, 7]);
  const asked = { askedAt: NOW, sent: NOW + 5, count: 1 };
  assertEquals(repairs.get(ALICE), { ...NOTHING, ...asked, wanted: [0xffff_ffff] });
  repairs.asked(BOB, NOW, NOW, [1]);
  assertEquals(repairs.peersWanting(), [ALICE]);
});

Deno.test("repairs: the wait doubles with each question in a row, up to a day", () => {
  const repairs = newRepairs();
  let now = NOW;
  const waits: number[] = [];
  repairs.want(ALICE, [1]);
  for (let i = 0; i < 13; i++) {
    repairs.asked(ALICE, now, now, []);
    let wait = MINUTE;
    while (repairs.due(ALICE, now + wait).length === 0) wait += MINUTE;
    assertEquals(repairs.due(ALICE, now + wait - 1), []);
    waits.push(wait / MINUTE);
    now += wait;
  }
  assertEquals(waits, [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440, 1440]);
  assertEquals(DAY / MINUTE, waits.at(-1));
});

Deno.test("repairs: a client that healed may be asked again after a minute", () => {
  const repairs = newRepairs();
  repairs.healed(ALICE);
  for (let i = 0; i < 5; i++) repairs.asked(ALICE, NOW, NOW, []);
  repairs.healed(ALICE);
  repairs.want(ALICE, [1]);
  assertEquals(repairs.due(ALICE, NOW + MINUTE - 1), []);
  assertEquals(repairs.due(ALICE, NOW + MINUTE), [1]);
});

Deno.test("repairs: a clock that was set back does not stop the questions", () => {
  const repairs = newRepairs();
  repairs.want(ALICE, [1]);
  repairs.asked(ALICE, NOW, NOW, []);
  assertEquals(repairs.due(ALICE, NOW - DAY), [1]);
});

Deno.test("repairs: of many messages the first are asked for, and the others later", () => {
  const repairs = newRepairs();
  for (let id = 1; id <= 300; id++) repairs.want(ALICE, [id]);
  const first = Array.from({ length: 256 }, (_, i) => i + 1);
  assertEquals(repairs.due(ALICE, NOW), first);
  repairs.asked(ALICE, NOW, NOW, first);
  assertEquals(repairs.due(ALICE, NOW + DAY), Array.from({ length: 44 }, (_, i) => i + 257));
});

Deno.test("repairs: the time of each reset is larger, also when the clock was ahead", () => {
  const repairs = newRepairs();
  assertEquals(repairs.nextTime(ALICE, NOW), NOW);
  repairs.asked(ALICE, NOW, NOW, []);
  assertEquals(repairs.nextTime(ALICE, NOW), NOW + 1);
  assertEquals(repairs.nextTime(ALICE, NOW - DAY), NOW + 1);
  assertEquals(repairs.nextTime(ALICE, NOW + DAY), NOW + DAY);
  assertEquals(repairs.nextTime(BOB, NOW), NOW);
});

Deno.test("repairs: a reset is new that is newer than all before from the same client", () => {
  const repairs = newRepairs();
  assert(repairs.isNew(ALICE, 5));
  assert(!repairs.isNew(ALICE, 0));
  repairs.accept(ALICE, 5, NOW);
  assert(!repairs.isNew(ALICE, 5));
  assert(!repairs.isNew(ALICE, 4));
  assert(repairs.isNew(ALICE, 6));
  assert(repairs.isNew(BOB, 4));
  assertEquals(repairs.get(ALICE).accepted, 5);
});

Deno.test("repairs: four answers at once, and then one a minute", () => {
  const repairs = newRepairs();
  for (let time = 1; time <= 4; time++) {
    assert(!repairs.answeredLately(ALICE, NOW));
    repairs.accept(ALICE, time, NOW);
  }
  assert(repairs.answeredLately(ALICE, NOW));
  assert(repairs.answeredLately(ALICE, NOW + MINUTE - 1));
  assert(!repairs.answeredLately(ALICE, NOW + MINUTE));
  repairs.accept(ALICE, 5, NOW + MINUTE);
  assert(repairs.answeredLately(ALICE, NOW + MINUTE));
  assert(!repairs.answeredLately(ALICE, NOW + 2 * MINUTE));
  assert(!repairs.answeredLately(ALICE, NOW - MINUTE)); // the clock was set back
  repairs.accept(ALICE, 6, NOW - DAY);
  assert(!repairs.answeredLately(ALICE, NOW - DAY));
  assert(!repairs.answeredLately(BOB, NOW));
  repairs.attempted(BOB, NOW);
  assert(repairs.answeredLately(BOB, NOW + MINUTE - 1), "what failed is not tried again at once");
  assert(!repairs.answeredLately(BOB, NOW + MINUTE));
});

Deno.test("repairs: an old copy asks at once, whatever it has asked before", () => {
  const repairs = newRepairs();
  for (let i = 0; i < 5; i++) repairs.asked(ALICE, NOW, NOW, []);
  repairs.want(ALICE, [1]);
  assertEquals(repairs.due(ALICE, NOW + MINUTE), []);
  repairs.askAtOnce();
  assertEquals(repairs.due(ALICE, NOW), [1]);
  assertEquals(repairs.nextTime(ALICE, NOW), NOW + 1);
});

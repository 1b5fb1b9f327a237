import { ClassicKeys } from "../../../../client/profile/tables/classic_keys.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { emptyTables, idOf, keyOf, testVault } from "../../../support/profile/database.ts";

const ALICE = idOf(1);
const BOB = idOf(2);

Deno.test("classic keys: there are none before one was put", () => {
  const keys = new ClassicKeys(emptyTables(), testVault());
  assertEquals(keys.own(ALICE), undefined);
  assertEquals(keys.sending(ALICE), undefined);
  assertEquals(keys.all(ALICE), []);
});

Deno.test("classic keys: each contact has its own", () => {
  const keys = new ClassicKeys(emptyTables(), testVault());
  keys.put(ALICE, keyOf(1), { own: true });
  keys.put(BOB, keyOf(2), { own: true });
  keys.sendWith(ALICE, keyOf(1));
  assertEquals(keys.own(ALICE), keyOf(1));
  assertEquals(keys.own(BOB), keyOf(2));
  assertEquals(keys.sending(ALICE), keyOf(1));
  assertEquals(keys.sending(BOB), undefined);
  assertEquals(keys.all(BOB), [keyOf(2)]);
});

Deno.test("classic keys: a key that is kept is not used before it is chosen", () => {
  const keys = new ClassicKeys(emptyTables(), testVault());
  keys.put(ALICE, keyOf(1), { own: true });
  assertEquals(keys.sending(ALICE), undefined);
  keys.sendWith(ALICE, keyOf(1));
  keys.put(ALICE, keyOf(2), { own: false });
  assertEquals(keys.sending(ALICE), keyOf(1));
  keys.sendWith(ALICE, keyOf(2));
  assertEquals(keys.sending(ALICE), keyOf(2));
  assertEquals(keys.own(ALICE), keyOf(1));
});

Deno.test("classic keys: the same key again changes nothing, and is no news", () => {
  const keys = new ClassicKeys(emptyTables(), testVault());
  assert(keys.put(ALICE, keyOf(1), { own: true }));
  assert(!keys.put(ALICE, keyOf(1), { own: false }));
  assertEquals(keys.own(ALICE), keyOf(1));
  assertEquals(keys.all(ALICE), [keyOf(1)]);
  assert(keys.put(BOB, keyOf(1), { own: false }));
});

Deno.test("classic keys: the last used comes first, then the last that came", () => {
  const keys = new ClassicKeys(emptyTables(), testVault());
  for (const number of [1, 2, 3]) keys.put(ALICE, keyOf(number), { own: false });
  assertEquals(keys.all(ALICE), [keyOf(3), keyOf(2), keyOf(1)]);
  keys.used(ALICE, keyOf(1));
  assertEquals(keys.all(ALICE), [keyOf(1), keyOf(3), keyOf(2)]);
  keys.used(ALICE, keyOf(2));
  keys.used(ALICE, keyOf(2));
  assertEquals(keys.all(ALICE), [keyOf(2), keyOf(1), keyOf(3)]);
  keys.used(ALICE, keyOf(1));
  assertEquals(keys.all(ALICE), [keyOf(1), keyOf(2), keyOf(3)]);
});

Deno.test("classic keys: one who sends thousands cannot push out what is in use", () => {
  const keys = new ClassicKeys(emptyTables(), testVault());
  keys.put(ALICE, keyOf(1), { own: true });
  for (const number of [2, 3]) keys.put(ALICE, keyOf(number), { own: false });
  keys.used(ALICE, keyOf(2));
  keys.sendWith(ALICE, keyOf(3));
  keys.put(BOB, keyOf(4), { own: false });
  for (let number = 10; number < 1010; number++) keys.put(ALICE, keyOf(number), { own: false });

  const all = keys.all(ALICE);
  assertEquals(all.length, 64 + 2); // and our own, and the one in use
  assertEquals(all.slice(0, 2), [keyOf(2), keyOf(1009)]);
  assertEquals(all.slice(-2), [keyOf(3), keyOf(1)]);
  assertEquals(keys.own(ALICE), keyOf(1));
  assertEquals(keys.sending(ALICE), keyOf(3));
  assertEquals(keys.all(BOB), [keyOf(4)]);
});

Deno.test("classic keys: retired ones still open, and are used no more", () => {
  const keys = new ClassicKeys(emptyTables(), testVault());
  keys.put(ALICE, keyOf(1), { own: true });
  keys.put(ALICE, keyOf(2), { own: false });
  keys.sendWith(ALICE, keyOf(2));
  keys.retireAll();
  assertEquals(keys.own(ALICE), undefined);
  assertEquals(keys.sending(ALICE), undefined);
  assertEquals(keys.all(ALICE), [keyOf(2), keyOf(1)]);
});

import { PrekeyStore } from "../../../../client/profile/tables/prekey_store.ts";
import type { PrekeyKind as Kind } from "../../../../shared/protocol/prekey.ts";
import { PrekeyKind } from "../../../../shared/protocol/prekey.ts";
import { newPrekeySecret, type PrekeySecret } from "../../../../shared/session/prekeys.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";
import { emptyTables } from "../../../support/profile/database.ts";
import { randomBytes, vaultOf } from "../../../support/profile/vault_of.ts";

const { signed, lastResort, oneTime, oneTimeKem } = PrekeyKind;
const AGES = { reused: 3, oneTime: 4 };

function newStore(): PrekeyStore {
  return new PrekeyStore(emptyTables(), vaultOf(1));
}

function secret(id: number, kind: Kind): PrekeySecret {
  return newPrekeySecret(kind, id, randomBytes);
}

Deno.test("prekey store: returns what was put in", () => {
  const store = newStore();
  const made = [signed, lastResort, oneTime, oneTimeKem].map((kind, i) => secret(i + 1, kind));
  store.add(made, 5);
  for (const prekey of made) assertEquals(store.get(prekey.id), prekey);
  assertEquals(store.after(0), made);
  assertEquals(store.after(2), made.slice(2));
  assertEquals(store.after(4), []);
  assertEquals(store.get(5), undefined);
  assertEquals(store.get(0), undefined);
});

Deno.test("prekey store: a signed and a last-resort prekey replace the ones before", () => {
  const store = newStore();
  assertEquals(store.current(signed), undefined);
  store.add([secret(1, signed), secret(2, lastResort)], 10);
  store.add([secret(3, oneTime), secret(4, signed)], 20);
  assertEquals({ ...store.current(signed)! }, { id: 4, madeAt: 20 });
  assertEquals({ ...store.current(lastResort)! }, { id: 2, madeAt: 10 });
  // Stragglers may still use it.
  assert(store.get(1));
});

Deno.test("prekey store: what was replaced long ago is forgotten, with what was agreed on", () => {
  const store = newStore();
  const [first, second] = [randomBytes(32), randomBytes(32)];
  store.add([secret(1, signed), secret(2, lastResort), secret(3, oneTime)], 10);
  store.rememberAgreed(first, 1);
  store.add([secret(4, signed), secret(5, lastResort)], 20);
  store.rememberAgreed(second, 4);
  assert(!store.hasOld(23, AGES));
  store.purge(23, AGES);
  assertEquals(store.after(0).map(({ id }) => id), [1, 2, 3, 4, 5]);
  assert(store.isAgreed(first));
  assert(store.hasOld(24, AGES));
  store.purge(24, AGES);
  assertEquals(store.after(0).map(({ id }) => id), [3, 4, 5]);
  assert(!store.isAgreed(first));
  assert(store.isAgreed(second));
});

Deno.test("prekey store: an agreement is remembered once", () => {
  const store = newStore();
  const base = randomBytes(32);
  assert(!store.isAgreed(base));
  store.rememberAgreed(base, 1);
  store.rememberAgreed(base, 1);
  assert(store.isAgreed(base));
  assert(!store.isAgreed(randomBytes(32)));
});

Deno.test("prekey store: the largest ID is known when the prekey is gone", () => {
  const database = emptyTables();
  const store = new PrekeyStore(database, vaultOf(1));
  assertEquals(store.largestId(), 0);
  store.add([secret(9, oneTimeKem), secret(7, oneTime)], 0);
  for (const id of [7, 9, 0]) store.remove(id);
  assertEquals(store.after(-1), []);
  assertEquals(store.largestId(), 9);
  store.add([], 0);
  assertEquals(new PrekeyStore(database, vaultOf(1)).largestId(), 9);
});

Deno.test("prekey store: an ID never comes again", () => {
  const store = newStore();
  store.add([secret(1, signed), secret(2, oneTime)], 0);
  store.remove(2);
  assertThrows(() => store.add([secret(3, signed), secret(2, oneTime)], 1), RangeError);
  // All or nothing.
  assertEquals(store.largestId(), 2);
  assertEquals({ ...store.current(signed)! }, { id: 1, madeAt: 0 });
});

Deno.test("prekey store: one-time prekeys can be forgotten", () => {
  const store = newStore();
  store.add([signed, lastResort, oneTime, oneTimeKem].map((kind, i) => secret(i + 1, kind)), 0);
  store.removeOneTime();
  assertEquals(store.after(0).map(({ id }) => id), [1, 2]);
  assertEquals(store.largestId(), 4);
});

Deno.test("prekey store: one-time prekeys that the server has no more are forgotten later", () => {
  const store = newStore();
  const made = [signed, oneTime, oneTime, oneTime, oneTimeKem, oneTime];
  store.add(made.map((kind, i) => secret(i + 1, kind)), 10);
  assertEquals(store.countWaiting(oneTime, 4), 3);
  store.noteGone(oneTime, 4, 2, 20); // it has 3 and 4, and not heard of 6
  assertEquals(store.countWaiting(oneTime, 6), 3);
  store.noteGone(oneTime, 4, 100, 30);
  store.noteGone(oneTime, 4, 1, 30);
  store.purge(24, AGES);
  assertEquals(store.after(0).map(({ id }) => id), [1, 2, 3, 4, 5, 6]);
  store.purge(25, AGES);
  assertEquals(store.after(0).map(({ id }) => id), [1, 3, 4, 5, 6]);
  // A purge at 24 came before 30, the time at which 3 was gone: since then 24 counts.
  store.purge(28, AGES);
  assert(store.get(3));
  store.purge(29, AGES);
  assertEquals(store.after(0).map(({ id }) => id), [1, 4, 5, 6]);
});

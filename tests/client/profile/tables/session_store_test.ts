import { ClientError } from "../../../../client/errors.ts";
import { SessionStore } from "../../../../client/profile/tables/session_store.ts";
import { utf8 } from "../../../../shared/bytes.ts";
import { assertEquals, assertThrows } from "../../../support/assert.ts";
import { emptyTables, idOf } from "../../../support/profile/database.ts";
import { vaultOf } from "../../../support/profile/vault_of.ts";

const ALICE = idOf(1);
const BOB = idOf(2);

function newStore() {
  const database = emptyTables();
  return { database, store: new SessionStore(database, vaultOf(1)) };
}

function numbers(store: SessionStore, peer = ALICE): number[] {
  return store.load(peer).map(({ number }) => number);
}

Deno.test("session store: the most recently used comes first", () => {
  const { store } = newStore();
  assertEquals(store.load(ALICE), []);
  const [first, second, third] = ["1", "2", "3"].map((state) => store.insert(ALICE, utf8(state)));
  const other = store.insert(BOB, utf8("other"));
  assertEquals(numbers(store), [third, second, first]);
  store.touch(first);
  assertEquals(numbers(store), [first, third, second]);
  store.touch(first);
  store.touch(other);
  store.touch(second);
  assertEquals(numbers(store), [second, first, third]);
  assertEquals(store.load(BOB), [{ number: other, state: utf8("other") }]);
});

Deno.test("session store: an update replaces the state, and nothing else", () => {
  const { store } = newStore();
  const [first, second] = ["1", "2"].map((state) => store.insert(ALICE, utf8(state)));
  store.update(first, ALICE, utf8("new"));
  assertEquals(store.load(ALICE), [
    { number: second, state: utf8("2") },
    { number: first, state: utf8("new") },
  ]);
});

Deno.test("session store: a session that is gone, or another client's, is not updated", () => {
  const { store } = newStore();
  const number = store.insert(ALICE, utf8("state"));
  assertThrows(() => store.update(number, BOB, utf8("new")), RangeError);
  assertThrows(() => store.update(number + 1, ALICE, utf8("new")), RangeError);
  store.delete(number);
  assertThrows(() => store.update(number, ALICE, utf8("new")), RangeError);
  assertEquals(store.load(ALICE), []);
});

Deno.test("session store: the least recently used are pruned", () => {
  const { store } = newStore();
  const made = Array.from({ length: 10 }, (_, i) => store.insert(ALICE, utf8(`${i}`)));
  store.insert(BOB, utf8("other"));
  store.touch(made[0]);
  store.prune(ALICE, 3);
  assertEquals(numbers(store), [made[0], made[9], made[8]]);
  store.prune(ALICE, 3);
  assertEquals(numbers(store).length, 3);
  assertEquals(numbers(store, BOB).length, 1);
});

Deno.test("session store: all can be deleted", () => {
  const { store } = newStore();
  store.insert(ALICE, utf8("1"));
  store.insert(BOB, utf8("2"));
  store.clear();
  assertEquals([...store.load(ALICE), ...store.load(BOB)], []);
});

Deno.test("session store: a session cannot be moved to another client", () => {
  const { database, store } = newStore();
  const number = store.insert(ALICE, utf8("1"));
  store.insert(BOB, utf8("2"));
  database.exec(
    "UPDATE sessions SET peer = (SELECT peer FROM sessions WHERE number <> ?1) WHERE number = ?1",
    number,
  );
  assertEquals(assertThrows(() => store.load(BOB), ClientError, "moved").code, "bad-profile");
});

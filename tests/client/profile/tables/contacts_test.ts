import type { Database } from "@db/sqlite";
import { ClientError } from "../../../../client/errors.ts";
import { Contacts } from "../../../../client/profile/tables/contacts.ts";
import type { Bytes } from "../../../../shared/bytes.ts";
import { assertEquals, assertThrows } from "../../../support/assert.ts";
import { emptyTables, idOf, testVault } from "../../../support/profile/database.ts";

const alice = { id: idOf(1), name: "alice" };
const bob = { id: idOf(2), name: "bob" };
const UNMARKED = { blocked: false, verified: false };
const KEY = new Uint8Array(160).fill(7);

Deno.test("contacts: are found by ID and by name, as they are spelled", () => {
  const contacts = new Contacts(emptyTables(), testVault());
  contacts.put([alice, bob, { id: idOf(3), name: "Ålice" }]);
  assertEquals(contacts.byId(alice.id), { ...alice, ...UNMARKED });
  assertEquals(contacts.byName("bob"), { ...bob, ...UNMARKED });
  assertEquals(contacts.byName("Ålice")?.id, idOf(3));
  for (const name of ["Bob", "bob ", "bo", "", "b%b", "A\u030alice"]) {
    assertEquals(contacts.byName(name), undefined);
  }
  assertEquals(contacts.byId(idOf(9)), undefined);
});

Deno.test("contacts: a further list adds and renames, and keeps public keys", () => {
  const contacts = new Contacts(emptyTables(), testVault());
  contacts.put([alice]);
  contacts.putPublicKey(alice.id, KEY);
  contacts.put([{ ...alice, name: "alicia" }, bob]);
  assertEquals(contacts.byName("alice"), undefined);
  assertEquals(contacts.byName("alicia")?.id, alice.id);
  assertEquals(contacts.publicKey(alice.id), KEY);
  assertEquals(contacts.publicKey(bob.id), undefined);
});

Deno.test("contacts: a public key is kept for known clients only", () => {
  const contacts = new Contacts(emptyTables(), testVault());
  contacts.putPublicKey(bob.id, KEY);
  assertEquals(contacts.publicKey(bob.id), undefined);
  assertEquals(contacts.byId(bob.id), undefined);
});

Deno.test("contacts: all can be forgotten", () => {
  const contacts = new Contacts(emptyTables(), testVault());
  contacts.put([alice, bob]);
  contacts.putPublicKey(alice.id, KEY);
  contacts.forgetAll();
  assertEquals(contacts.byName("bob"), undefined);
  contacts.put([alice]);
  assertEquals(contacts.publicKey(alice.id), undefined);
});

/** How many rows `change` writes. */
function written(database: Database, change: () => void): number {
  const count = () => database.prepare("SELECT total_changes() AS n").value<[number]>()![0];
  const before = count();
  change();
  return count() - before;
}

Deno.test("contacts: a name stays with whom it was first seen", () => {
  const contacts = new Contacts(emptyTables(), testVault());
  contacts.put([alice, bob]);
  contacts.put([{ id: idOf(9), name: "bob" }, { ...alice, name: "bob" }]);
  assertEquals(contacts.byId(idOf(9)), undefined);
  assertEquals(contacts.byId(alice.id)?.name, "alice");
  assertEquals(contacts.byName("bob")?.id, bob.id);
});

Deno.test("contacts: a secure client stays as it was first seen", () => {
  const contacts = new Contacts(emptyTables(), testVault());
  const publicKey = new Uint8Array(160);
  publicKey.set([0x4d, 0x53, 0x33, 1]);
  contacts.put([{ ...alice, publicKey }]);
  contacts.put([{ ...alice, name: "mallory", publicKey: KEY }]);
  assertEquals(contacts.byId(alice.id), { ...alice, publicKey, ...UNMARKED });
});

Deno.test("contacts: a list that says nothing new is not written", () => {
  const database = emptyTables();
  const contacts = new Contacts(database, testVault());
  const list = Array.from({ length: 300 }, (_, number) => {
    return {
      id: idOf(number % 256).with(0, number >> 8),
      name: `client ${number}`,
      publicKey: KEY,
    };
  });
  assertEquals(written(database, () => contacts.put(list)), 300);
  assertEquals(written(database, () => contacts.put(list)), 0);
  const renamed = list.with(7, { ...list[7], name: "another" });
  assertEquals(written(database, () => contacts.put(renamed)), 1);
  assertEquals(contacts.all().length, 300);
  const flags = () => {
    contacts.setBlocked(list[0].id, false);
    contacts.setVerified(list[0].id, false);
    contacts.setAlias(list[0].id, undefined);
    contacts.putPublicKey(list[0].id, KEY.slice());
  };
  assertEquals(written(database, flags), 0);
});

Deno.test("contacts: an alias is what a contact is called, and no other's name", () => {
  const contacts = new Contacts(emptyTables(), testVault());
  contacts.put([alice, bob]);
  contacts.setAlias(alice.id, "al");
  assertEquals(contacts.byName("al"), { ...alice, alias: "al", ...UNMARKED });
  assertEquals(contacts.byName("alice")?.alias, "al");
  for (const [id, alias] of [[alice.id, "bob"], [bob.id, "al"], [bob.id, "alice"]] as const) {
    const error = assertThrows(() => contacts.setAlias(id, alias), ClientError, alias);
    assertEquals(error.code, "bad-name");
  }
  contacts.setAlias(alice.id, "alice");
  contacts.setAlias(alice.id, "ally");
  assertEquals(contacts.byName("al"), undefined);
  // A client appears whose name is already an alias here.
  contacts.put([{ id: idOf(9), name: "ally" }]);
  assertEquals(contacts.byName("ally")?.id, alice.id);
  assertEquals(contacts.byId(idOf(9))?.name, "ally");
  contacts.setAlias(alice.id, undefined);
  assertEquals(contacts.byName("ally")?.id, idOf(9));
  assertEquals(contacts.byId(alice.id), { ...alice, ...UNMARKED });
  contacts.setAlias(idOf(77), "nobody");
  assertEquals(contacts.byName("nobody"), undefined);
});

Deno.test("contacts: marks are kept, whatever a list says", () => {
  const contacts = new Contacts(emptyTables(), testVault());
  contacts.put([alice]);
  contacts.setBlocked(alice.id, true);
  contacts.setVerified(alice.id, true);
  contacts.setAlias(alice.id, "al");
  contacts.put([{ ...alice, name: "alicia" }]);
  const expected = { id: alice.id, name: "alicia", alias: "al", blocked: true, verified: true };
  assertEquals(contacts.byId(alice.id), expected);
  assertEquals(contacts.all(), [expected]);
  contacts.setBlocked(alice.id, false);
  assertEquals(contacts.byName("al")?.blocked, false);
});

Deno.test("contacts: a card's name stays with its ID", () => {
  const contacts = new Contacts(emptyTables(), testVault());
  contacts.put([bob]);
  contacts.add(alice.id, "alice");
  contacts.add(alice.id, "alice");
  // The server would let someone else have the name.
  contacts.put([{ ...alice, name: "mallory", publicKey: KEY }, { id: idOf(9), name: "alice" }]);
  assertEquals(contacts.byName("alice"), { ...alice, publicKey: KEY, ...UNMARKED });
  assertEquals(contacts.byId(idOf(9)), undefined);
  contacts.setAlias(bob.id, "bobby");
  for (const name of ["bob", "bobby"]) {
    const error = assertThrows(() => contacts.add(idOf(9), name), ClientError, name);
    assertEquals(error.code, "wrong-identity");
  }
  contacts.add(bob.id, "robert");
  assertEquals(contacts.byName("bob"), undefined);
  assertEquals(contacts.byName("robert")?.alias, "bobby");
});

Deno.test("contacts: rows that were changed or swapped are refused", () => {
  const database = emptyTables();
  const contacts = new Contacts(database, testVault());
  contacts.put([alice, bob]);
  const rows = database.prepare("SELECT id, name, sealed FROM contacts ORDER BY rowid").all<
    { id: Bytes; name: Bytes; sealed: Bytes }
  >();
  const put = (column: "name" | "sealed", value: Bytes) =>
    database.exec(`UPDATE contacts SET ${column} = ? WHERE id = ?`, value, rows[0].id);
  const refused = (action: () => unknown) =>
    assertEquals(assertThrows(action, ClientError, "damaged").code, "bad-profile");
  const flipped = rows[0].sealed.slice();
  flipped[40] ^= 1;
  for (const sealed of [flipped, rows[1].sealed]) {
    put("sealed", sealed);
    refused(() => contacts.byId(alice.id));
    refused(() => contacts.byName("alice"));
    refused(() => contacts.all());
    refused(() => contacts.put([alice]));
  }
  put("sealed", rows[0].sealed);
  // So that bob's messages go to alice.
  put("name", rows[1].name);
  database.exec("DELETE FROM contacts WHERE id = ?", rows[1].id);
  refused(() => contacts.byName("bob"));
});

import { Contacts } from "../../../client/profile/contacts.ts";
import { assertEquals } from "../../assert.ts";
import { emptyTables, idOf } from "./database.ts";

const alice = { id: idOf(1), name: "alice" };
const bob = { id: idOf(2), name: "bob" };
const KEY = new Uint8Array(160).fill(7);

Deno.test("contacts: are found by ID and by name, as they are spelled", () => {
  const contacts = new Contacts(emptyTables());
  contacts.put([alice, bob, { id: idOf(3), name: "Ålice" }]);
  assertEquals({ ...contacts.byId(alice.id) }, alice);
  assertEquals({ ...contacts.byName("bob") }, bob);
  assertEquals(contacts.byName("Ålice")?.id, idOf(3));
  for (const name of ["Bob", "bob ", "bo", "", "b%b", "A\u030alice"]) {
    assertEquals(contacts.byName(name), undefined);
  }
  assertEquals(contacts.byId(idOf(9)), undefined);
});

Deno.test("contacts: a further list adds and renames, and keeps public keys", () => {
  const contacts = new Contacts(emptyTables());
  contacts.put([alice]);
  contacts.putPublicKey(alice.id, KEY);
  contacts.put([{ ...alice, name: "alicia" }, bob]);
  assertEquals(contacts.byName("alice"), undefined);
  assertEquals(contacts.byName("alicia")?.id, alice.id);
  assertEquals(contacts.publicKey(alice.id), KEY);
  assertEquals(contacts.publicKey(bob.id), undefined);
});

Deno.test("contacts: a public key is kept for known clients only", () => {
  const contacts = new Contacts(emptyTables());
  contacts.putPublicKey(bob.id, KEY);
  assertEquals(contacts.publicKey(bob.id), undefined);
  assertEquals(contacts.byId(bob.id), undefined);
});

Deno.test("contacts: all can be forgotten", () => {
  const contacts = new Contacts(emptyTables());
  contacts.put([alice, bob]);
  contacts.putPublicKey(alice.id, KEY);
  contacts.forgetAll();
  assertEquals(contacts.byName("bob"), undefined);
  contacts.put([alice]);
  assertEquals(contacts.publicKey(alice.id), undefined);
});

/** A stranger who registers under a name that people take for that of someone else. */
import { shownName } from "../../client/cli/output/printable.ts";
import { toHex } from "../../shared/bytes.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Party } from "../support/attack/parties.ts";
import { keyOf, ZERO_ID } from "../support/server/peer.ts";
import { Someone } from "../support/server/secure_peer.ts";
import { ServerFixture } from "../support/server/server_fixture.ts";

/** Names that look like alice, and what keeps each from being registered. */
const NAMES: Record<string, "malformed" | "name-taken"> = {
  "alice\u200b": "malformed", // zero width space
  "al\u200dice": "malformed", // zero width joiner
  "al\u00adice": "malformed", // soft hyphen
  "alice\ufe0f": "malformed", // variation selector
  "alice\u{e0061}": "malformed", // tag
  "\u202ealice": "malformed", // right to left
  "alice\u115f": "malformed", // a letter that shows nothing
  "alice\u2800": "malformed", // an empty pattern of Braille
  "alice\u{1d159}": "malformed", // a note without a head
  "alice\u{13441}": "malformed", // a blank of hieroglyphs
  "alice\ufffc": "malformed", // an object
  "alice\u034f": "malformed", // a joiner of marks
  "alice\u200f": "malformed", // a mark from right to left
  "alice\u0661": "malformed", // an Arabic digit
  "\u0661alice": "malformed",
  "\u05d0alice": "malformed", // a Hebrew letter before Latin ones
  "1\u05d0\u05d1": "malformed", // is shown as א ב 1 is
  "alice ": "malformed",
  " alice": "malformed",
  "alice\u00a0": "malformed",
  "alice\ue000": "malformed", // private
  "alice\u0378": "malformed", // unassigned
  ["\u05d0" + "\u05b0".repeat(120) + "a"]: "malformed", // takes no longer than any other
  "\u0430lice": "name-taken", // Cyrillic а
  "ali\u0441e": "name-taken", // Cyrillic с
  "\u03b1lice": "name-taken", // Greek α
  "\uff41lice": "name-taken", // fullwidth
  "\u{1d41a}lice": "name-taken", // mathematical
  "\u24d0lice": "name-taken", // in a circle
  "\u1d43lice": "name-taken", // a modifier
  "al\u2170ce": "name-taken", // a Roman number
  "ALICE": "name-taken",
  "Alice": "name-taken",
  "a1ice": "name-taken",
  "aIice": "name-taken",
  "a|ice": "name-taken",
};

Deno.test("names: nobody registers what looks like alice, on either protocol", async () => {
  await using server = await ServerFixture.start();
  const alice = await server.secure("alice");
  const before = server.dump();
  const mallory = await Someone.called("mallory");
  const peer = await server.open();
  await peer.login(mallory);
  const { publicKey } = mallory;
  for (const [name, error] of Object.entries(NAMES)) {
    assertEquals(await peer.refused({ kind: "register", name, publicKey }), error, name);
    const register = { kind: "register", name, publicKey: keyOf("mallory") } as const;
    const answer = await (await server.connect()).request(ZERO_ID, register);
    assertEquals(answer.kind, "failure", name);
  }
  assertEquals(server.dump(), before);
  // Nor what looks like a classic client.
  assert(await (await server.connect()).register("bob1"));
  assertEquals(await peer.refused({ kind: "register", name: "bobl", publicKey }), "name-taken");
  // Others are free to be called what they like.
  for (
    const name of [
      "alicia",
      "Alice B",
      "alice2",
      "bob2",
      "Zoë",
      "алиса",
      "愛麗絲",
      "👩🚀",
      "אב1",
      "علي",
      "דוד המלך",
    ]
  ) {
    const who = await Someone.called(name);
    const other = await server.open();
    await other.login(who);
    assertEquals(await other.register(who), who.id);
  }
  assertEquals(
    (await alice.request({ kind: "find-name", name: "alice" }, "found-name")).client.id,
    alice.who.id,
  );
});

Deno.test("names: that of who has left is free, and so is all that looked like it", async () => {
  await using server = await ServerFixture.start();
  const alice = await server.secure("alice");
  await alice.request({ kind: "unregister" }, "unregistered");
  const mallory = await server.secure("ALICE");
  // What stands in the place of the name of who has left is no name that anyone can ask for.
  const page = await mallory.request(
    { kind: "list-clients", prefix: "", after: "" },
    "client-page",
  );
  assertEquals(page.clients, []);
  const other = await server.open();
  const late = await Someone.called("alice");
  await other.login(late);
  const { publicKey } = late;
  assertEquals(await other.refused({ kind: "register", name: "alice", publicKey }), "name-taken");
});

Deno.test("names: who registers as the alias of a contact does not pass for it", async () => {
  await using server = await ServerFixture.start();
  const address = `127.0.0.1:${server.listener.address.port}`;
  await using bob = await Party.registered("bob", address);
  await using alice = await Party.registered("alice", address);
  await bob.with(address, (client) => client.contactBook.setAlias("alice", "boss"));
  await using mallory = await Party.registered("boss", address);
  for (const party of [alice, mallory]) {
    for (const text of ["hello", "send money"]) await party.send(address, "bob", text);
  }
  const names = await bob.with(address, async (client) => {
    const received = await Array.fromAsync(client.receive(`${bob.folder}/out`, () => {}));
    return received.map(({ from }) => shownName(client.contactBook.marked(from)));
  });
  const digits = toHex(mallory.profile.identity.id).slice(0, 12);
  const other = `boss (not the contact whom you call so, ID ${digits})`;
  assertEquals(names, ["boss", "boss", other, other]);
});

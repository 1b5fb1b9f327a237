/** What an owner decides about others, in a real profile and with a real server. */
import { ContactBook } from "../../../client/contacts/contact_book.ts";
import { ClientError } from "../../../client/errors.ts";
import { Peers } from "../../../client/contacts/peers.ts";
import { Profile } from "../../../client/profile/profile.ts";
import { networkOf } from "../../support/client/network.ts";
import { toHex } from "../../../shared/bytes.ts";
import { generateClassicKeyPair } from "../../../shared/crypto/classic/classic.ts";
import { groupsOf, safetyNumber } from "../../../shared/session/safety_number.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../support/assert.ts";
import { EvilServer } from "../../support/attack/evil_server.ts";
import { Someone } from "../../support/server/secure_peer.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";
import { tempFolder } from "../../support/temp_folder.ts";

/** Someone with a profile that is registered, and the contact book in it. */
class Owner implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;

  private constructor(
    readonly folder: string,
    readonly book: ContactBook,
    readonly peers: Peers,
    readonly profile: Profile,
    stack: AsyncDisposableStack,
  ) {
    this.#stack = stack;
  }

  static async registered(name: string, port: number, { classic = false } = {}): Promise<Owner> {
    const stack = new AsyncDisposableStack();
    const { path } = stack.use(await tempFolder());
    const profile = stack.use(await Profile.open(path));
    const network = networkOf(profile, port, { sleep: () => Promise.resolve() });
    stack.defer(() => network.close());
    if (classic) {
      const { publicKey, privateKey } = await generateClassicKeyPair();
      const id = await network.registering(undefined).register(name, publicKey);
      await profile.register({ id, name, privateKey });
    } else {
      const identity = await profile.prepareSecure(name);
      await network.registering(identity).register(name, identity.publicKey);
      profile.registerSecure();
    }
    const peers = new Peers(profile, network);
    return new Owner(path, new ContactBook(profile, peers), peers, profile, stack);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

async function code(act: () => unknown): Promise<string> {
  return (await assertRejects(async () => await act(), ClientError)).code;
}

Deno.test("contact book: both see the same safety number and can mark it as compared", async () => {
  await using server = await ServerFixture.start();
  const { port } = server.listener.address;
  await using alice = await Owner.registered("alice", port);
  await using bob = await Owner.registered("bob", port);
  const seen = await alice.book.verify("bob");
  assertEquals(await bob.book.verify("alice"), seen);
  const [own, other] = [alice, bob].map(({ profile }) => profile.secureIdentity!);
  const number = safetyNumber(
    { publicKey: own.publicKey, clientId: own.id },
    { publicKey: other.publicKey, clientId: other.id },
  );
  assertEquals(seen, { safetyNumber: groupsOf(number).join(" "), verified: false });

  assertEquals(await alice.book.markVerified("bob"), { ...seen, verified: true });
  assertEquals(await alice.book.verify("bob"), { ...seen, verified: true });
  assertEquals(await bob.book.verify("alice"), seen, "that is each one's own business");
  const [listed] = await Array.fromAsync(alice.peers.list());
  assertEquals(alice.book.marked(listed).verified, true);
});

Deno.test("contact book: where anybody is classic there is nothing to verify", async () => {
  await using server = await ServerFixture.start();
  const { port } = server.listener.address;
  await using alice = await Owner.registered("alice", port);
  await using old = await Owner.registered("old", port, { classic: true });
  for (const act of ["verify", "markVerified"] as const) {
    assertEquals(await code(() => alice.book[act]("old")), "unauthenticated");
    assertEquals(await code(() => old.book[act]("alice")), "unauthenticated");
    assertEquals(await code(() => alice.book[act]("nobody")), "unknown-name");
  }
  assertEquals(await code(() => old.book.card()), "unauthenticated");
  assertEquals(await code(() => old.book.add(alice.book.card())), "unauthenticated");
  const card = `old#${toHex(old.profile.identity.id)}`;
  assertEquals(await code(() => alice.book.add(card)), "unauthenticated");
  const [peer] = await Array.fromAsync(old.peers.list());
  assertEquals(old.book.marked(peer), peer, "a classic profile marks nobody");
});

Deno.test("contact book: an alias serves as a name until it is removed", async () => {
  await using server = await ServerFixture.start();
  const { port } = server.listener.address;
  await using alice = await Owner.registered("alice", port);
  const bob = await server.secure("bob");
  await server.secure("carol");
  await alice.peers.named("carol");
  assertEquals((await alice.book.setAlias("bob", "Bobby")).alias, "Bobby");
  assertEquals((await alice.peers.named("Bobby")).id, bob.who.id);
  assertEquals((await alice.peers.named("bob")).id, bob.who.id);
  assertEquals(alice.book.contact("Bobby").name, "bob");
  assertEquals((await alice.book.setAlias("Bobby", "Rob")).alias, "Rob");
  assertEquals(await code(() => alice.book.contact("Bobby")), "unknown-name");

  assertEquals(await code(() => alice.book.setAlias("bob", "carol")), "bad-name");
  assertEquals(await code(() => alice.book.setAlias("carol", "Rob")), "bad-name");
  for (const alias of ["", "x", "a\nb", "a\0b", "x".repeat(255)]) {
    assertEquals(await code(() => alice.book.setAlias("bob", alias)), "bad-name", alias);
  }
  assertEquals((await alice.book.setAlias("Rob", undefined)).alias, undefined);
  assertEquals(await code(() => alice.book.contact("Rob")), "unknown-name");
});

Deno.test("contact book: # and an ID mean that client, whoever has which name", async () => {
  await using server = await ServerFixture.start();
  const { port } = server.listener.address;
  await using alice = await Owner.registered("alice", port);
  await using bob = await Owner.registered("bob", port);
  const { book, profile: { contacts, identity } } = alice;
  const byId = `#${toHex(bob.profile.identity.id)}`;
  assertThrows(() => book.contact(byId), ClientError, "no contact is named");
  assert(book.isNew(byId));
  assertEquals((await alice.peers.named(byId)).name, "bob");
  assertEquals(book.contact(byId.toUpperCase()).name, "bob");
  // Somebody takes a name that looks like the address.
  const thief = crypto.getRandomValues(new Uint8Array(16));
  contacts.put([{ id: thief, name: byId }]);
  assertEquals(book.contact(byId).id, bob.profile.identity.id);
  assertEquals((await alice.peers.named(byId)).id, bob.profile.identity.id);
  assertEquals(await code(() => book.setAlias("bob", byId)), "bad-name");
  // The own one is for notes.
  const own = `#${toHex(identity.id)}`;
  assert(alice.peers.isOwnName(own) && !book.isNew(own));
  assertEquals(book.contact(own).name, "alice");
  assertEquals(await code(() => alice.peers.named(own)), "unknown-name");
  assertEquals(await code(() => alice.peers.named(`#${"0".repeat(32)}`)), "unknown-name");
});

Deno.test("contact book: a block is kept until it is taken back", async () => {
  await using server = await ServerFixture.start();
  await using alice = await Owner.registered("alice", server.listener.address.port);
  const bob = await server.secure("bob");
  assertEquals((await alice.book.block("bob")).blocked, true);
  assertEquals((await alice.book.block("bob")).blocked, true);
  assertEquals(alice.profile.contacts.byId(bob.who.id)?.blocked, true);
  assertEquals((await alice.book.unblock("bob")).blocked, false);
  assertEquals(await code(() => alice.book.block("nobody")), "unknown-name");
});

Deno.test("contact book: a card leads to the client with its ID, by the name on it", async () => {
  await using server = await ServerFixture.start();
  const { port } = server.listener.address;
  await using alice = await Owner.registered("alice", port);
  await using bob = await Owner.registered("bob#1", port);
  const card = bob.book.card();
  assertEquals(card, `bob#1#${toHex(bob.profile.identity.id)}`);
  const added = await alice.book.add(` ${card.toUpperCase().replace("BOB", "Bobby")}\n`);
  assertEquals([added.name, added.authenticated, added.verified], ["Bobby#1", true, false]);
  const { id, publicKey } = bob.profile.secureIdentity!;
  assertEquals((await alice.peers.named("Bobby#1")).id, id);
  assertEquals(alice.profile.contacts.publicKey(id), publicKey);
  await alice.book.add(card);
  assertEquals((await alice.peers.named("bob#1")).id, id);
});

Deno.test("contact book: a card without a meaning is refused", async () => {
  await using server = await ServerFixture.start();
  await using alice = await Owner.registered("alice", server.listener.address.port);
  await server.secure("bob");
  await alice.peers.named("bob");
  const id = "0123456789abcdef".repeat(2);
  const cases: [card: string, code: string][] = [
    ["", "bad-card"],
    ["bob", "bad-card"],
    [id, "bad-card"],
    [`#${id}`, "bad-card"],
    [`bob#${id}0`, "bad-card"],
    [`bob#${id.slice(1)}`, "bad-card"],
    [`bob#${id.slice(1)}g`, "bad-card"],
    [`bob ${id}`, "bad-card"],
    [`b#${id}`, "bad-name"],
    [`b\nob#${id}`, "bad-name"],
    [`${"x".repeat(255)}#${id}`, "bad-name"],
    [alice.book.card(), "bad-card"],
    [`carol#${id}`, "refused"],
    [`bob#${id}`, "wrong-identity"],
  ];
  const before = alice.profile.contacts.all();
  for (const [card, expected] of cases) {
    assertEquals(await code(() => alice.book.add(card)), expected, card);
  }
  assertEquals(alice.profile.contacts.all(), before);
});

Deno.test("contact book: a server that returns other keys for a card is found out", async () => {
  await using server = new EvilServer();
  await using alice = await Owner.registered("alice", server.port);
  const [bob, mallory] = [await Someone.called("bob"), await Someone.called("mallory")];
  const card = `bob#${toHex(bob.id)}`;
  const classic = (await generateClassicKeyPair()).publicKey;
  const unsigned = bob.publicKey.with(80, bob.publicKey[80] ^ 1);
  for (const publicKey of [mallory.publicKey, classic, unsigned]) {
    server.lie = ({ kind }) =>
      kind === "find-clients"
        ? { kind: "found-clients", clients: [{ id: bob.id, name: "bob", publicKey }] }
        : undefined;
    const told = await code(() => alice.book.add(card));
    assertEquals(told, publicKey === classic ? "unauthenticated" : "wrong-identity");
    assertEquals(alice.profile.contacts.byId(bob.id), undefined);
  }
});

Deno.test("contact book: the history with a contact is shown, searched and forgotten", async () => {
  await using server = await ServerFixture.start();
  await using alice = await Owner.registered("alice", server.listener.address.port);
  const [bob, carol] = [await server.secure("bob"), await server.secure("carol")];
  for (const name of ["bob", "carol"]) await alice.peers.named(name);
  const { history } = alice.profile;
  for (const [peer, text] of [[bob, "one"], [carol, "two"], [bob, "three"]] as const) {
    const common = { peer: peer.who.id, at: 1, stored: 2, contentId: null, body: { text } };
    history.addSent(common);
    history.addReceived({ ...common, messageId: 1 });
  }
  const texts = (name: string, search?: string) =>
    [...alice.book.history(name, { search })].map((
      { sent, body },
    ) => [sent, "text" in body && body.text]);
  assertEquals(texts("bob"), [[true, "one"], [false, "one"], [true, "three"], [false, "three"]]);
  assertEquals(texts("bob", "THREE"), [[true, "three"], [false, "three"]]);
  assertEquals(texts("bob", "two"), []);
  assertEquals(alice.book.forget("bob"), 4);
  assertEquals([texts("bob").length, texts("carol").length], [0, 2]);
  assertEquals(alice.book.forget("bob"), 0);
  const error = assertThrows(() => alice.book.history("nobody"), ClientError);
  assert(error.code === "unknown-name" && error.message.includes('"nobody"'), error.message);
  assertEquals(await code(() => alice.book.forget("nobody")), "unknown-name");
});

import { signLogin } from "../../../shared/crypto/identity.ts";
import { X25519KeyPair } from "../../../shared/crypto/x25519.ts";
import { RequestCode } from "../../support/protocol/codes.ts";
import { encodeSecureRequest } from "../../../shared/protocol/secure/requests.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { allRequests, requestOf } from "../../support/server/secure_requests.ts";
import { newToken, Someone, textTo } from "../../support/server/secure_peer.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";

Deno.test("login: before it no code gets anything but 9001, and the channel ends", async () => {
  await using server = await ServerFixture.start();
  const alice = await Someone.called("alice");
  await server.secure(alice);
  const before = server.dump();
  for (let code = 0; code <= 0xff; code++) {
    if (code === RequestCode.login) continue;
    using peer = await server.open();
    assertEquals(await peer.refused(requestOf(code)), "unauthenticated", `${code}`);
    assert(await peer.ended(), `${code}`);
  }
  for (const request of allRequests(alice)) {
    using peer = await server.open();
    assertEquals(await peer.refused(request), "unauthenticated", request.kind);
  }
  assertEquals(server.dump(), before);
});

Deno.test("login: an identity that is not registered can register and nothing else", async () => {
  await using server = await ServerFixture.start();
  const bob = (await server.secure("bob")).who;
  const before = server.dump();
  const alice = await Someone.called("alice");
  const peer = await server.open();
  assertEquals((await peer.login(alice)).registered, false);
  for (let code = 0; code <= 0xff; code++) {
    if (code === RequestCode.login || code === RequestCode.register) continue;
    assertEquals(await peer.refused(requestOf(code)), "forbidden", `${code}`);
  }
  for (const request of allRequests(bob)) {
    if (request.kind === "register") continue;
    assertEquals(await peer.refused(request), "forbidden", request.kind);
  }
  assertEquals(server.dump(), before);
  assertEquals(await peer.register(alice), alice.id);
  assertEquals(await peer.sendText(bob.id, "hello"), 1);
  const again = await server.open();
  assertEquals((await again.login(alice)).registered, true);
});

Deno.test("login: requests behind it need not wait for its answer", async () => {
  await using server = await ServerFixture.start();
  const alice = await Someone.called("alice");
  const { name, publicKey } = alice;
  const peer = await server.open();
  await peer.send(await peer.loginOf(alice), { kind: "register", name, publicKey }, {
    kind: "subscribe",
  }, textTo(alice.id, "to myself"));
  await peer.expect("logged-in");
  await peer.expect("registered");
  await peer.expect("subscribed");
  await peer.expect("sent");
  assertEquals(await peer.texts(1), ["to myself"]);
});

Deno.test("login: the requests behind a refused one are not served", async () => {
  await using server = await ServerFixture.start();
  const alice = await Someone.called("alice");
  await server.secure(alice);
  const peer = await server.open();
  const login = await peer.loginOf(alice);
  login.signature[0] ^= 1;
  const texts = Array.from({ length: 50 }, (_, i) => textTo(alice.id, `text ${i}`));
  await peer.send(login, ...texts, new Uint8Array(100_000));
  assertEquals((await peer.expect("error")).error, "unauthenticated");
  assert(await peer.ended());
  assertEquals(server.dump().messages, []);
});

Deno.test("login: one that was made for another channel is refused", async () => {
  await using server = await ServerFixture.start();
  const alice = await Someone.called("alice");
  const earlier = await server.secure(alice);
  const recorded = await earlier.loginOf(alice);
  for (const open of [true, false]) {
    if (!open) earlier[Symbol.dispose]();
    const peer = await server.open();
    assertEquals(await peer.refused(recorded), "unauthenticated");
    assert(await peer.ended());
  }
});

Deno.test("login: one made for another server is refused, even under the same key", async () => {
  await using server = await ServerFixture.start();
  const alice = await Someone.called("alice");
  await server.secure(alice);
  for (const serverKey of [server.services.serverKey, X25519KeyPair.generate()]) {
    // The server in the middle: it has a channel with alice and one with the real server.
    const middle = await server.open(server.listenAlso({ serverKey }));
    const real = await server.open();
    assertEquals(await real.refused(await middle.loginOf(alice)), "unauthenticated");
    assertEquals(await middle.refused(await real.loginOf(alice)), "unauthenticated");
  }
});

Deno.test("login: each server proves its own key", async () => {
  await using server = await ServerFixture.start();
  const serverKey = X25519KeyPair.generate();
  const other = server.listenAlso({ serverKey });
  assertEquals((await server.open()).serverKey, server.services.serverKey.publicKey);
  assertEquals((await server.open(other)).serverKey, serverKey.publicKey);
});

Deno.test("login: keys, signatures and identities that do not fit are refused", async () => {
  await using server = await ServerFixture.start();
  const [alice, bob] = [await Someone.called("alice"), await Someone.called("bob")];
  await server.secure(alice);
  const own = alice.publicKey;
  const attempts: Record<string, [key: Uint8Array<ArrayBuffer>, by: Someone]> = {
    "another's signature": [own, bob],
    "a classic key": [new Uint8Array(160).fill(0x30), alice],
    "a changed key": [own.with(40, ~own[40]), alice],
    "padding": [own.with(159, 1), alice],
    "a later version": [own.with(3, 2), alice],
    "zeros": [new Uint8Array(160), alice],
  };
  for (const [name, [publicKey, by]] of Object.entries(attempts)) {
    const peer = await server.open();
    const signature = await signLogin(by.secrets, peer.channel.handshakeHash);
    const login = { kind: "login", publicKey, signature } as const;
    assertEquals(await peer.refused(login), "unauthenticated", name);
    assert(await peer.ended(), name);
  }
});

Deno.test("login: a channel has one, whatever the second says", async () => {
  await using server = await ServerFixture.start();
  const [alice, bob] = [await Someone.called("alice"), await Someone.called("bob")];
  await server.secure(bob);
  const peer = await server.secure(alice);
  for (const who of [alice, bob]) {
    assertEquals(await peer.refused(await peer.loginOf(who)), "forbidden");
  }
  await peer.sendText(bob.id, "still alice", newToken());
  const [message] = await (await server.secure(bob)).poll();
  assertEquals(message.from, alice.id);
});

Deno.test("login: an ID in a header is zero or one's own, in the login too", async () => {
  await using server = await ServerFixture.start();
  const [alice, bob] = [await Someone.called("alice"), await Someone.called("bob")];
  await server.secure(bob);
  const peer = await server.secure(alice);
  const withId = (id: Uint8Array, request: Parameters<typeof encodeSecureRequest>[0]) => {
    const bytes = encodeSecureRequest(request);
    bytes.set(id);
    return bytes;
  };
  const before = server.dump();
  for (const request of allRequests(bob)) {
    if (request.kind === "login") continue;
    assertEquals(await peer.refused(withId(bob.id, request)), "forbidden", request.kind);
    const oneBit = alice.id.with(15, alice.id[15] ^ 1);
    assertEquals(await peer.refused(withId(oneBit, request)), "forbidden", request.kind);
  }
  assertEquals(server.dump(), before);
  await peer.send(withId(alice.id, textTo(bob.id, "my own ID")));
  await peer.expect("sent");

  for (const [id, fits] of [[alice.id, true], [bob.id, false]] as const) {
    const another = await server.open();
    await another.send(withId(id, await another.loginOf(alice)));
    if (fits) assertEquals((await another.expect("logged-in")).registered, true);
    else assertEquals((await another.expect("error")).error, "forbidden");
  }
});

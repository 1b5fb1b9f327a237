/** An attacker who runs the server: keys, names and answers that belong to someone else. */
import { equalBytes, toHex } from "../../shared/bytes.ts";
import { generateClassicKeyPair } from "../../shared/crypto/classic/classic.ts";
import { generateIdentity, publicIdentity, secureClientId } from "../../shared/crypto/identity.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import type { SecureEntry } from "../../shared/protocol/secure/directory.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { EvilServer, type Lie } from "../support/attack/evil_server.ts";
import { failure, Party } from "../support/attack/parties.ts";

const { publicKey: classicKey } = await generateClassicKeyPair();
const malloryKey = await publicIdentity(generateIdentity());
const malloryId = secureClientId(malloryKey);

/** Alice, who has met Bob or not, and the server. */
class Scene implements AsyncDisposable {
  private constructor(
    readonly server: EvilServer,
    readonly alice: Party,
    readonly bob: Party,
    readonly stack: AsyncDisposableStack,
  ) {}

  static async open({ met }: { met: boolean }): Promise<Scene> {
    const stack = new AsyncDisposableStack();
    const server = stack.use(new EvilServer());
    const alice = stack.use(await Party.registered("alice", server.address));
    const bob = stack.use(await Party.registered("bob", server.address));
    if (met) await alice.send(server.address, "bob", "hello");
    server.requests.length = 0;
    return new Scene(server, alice, bob, stack);
  }

  get bobEntry(): SecureEntry {
    const entry = this.server.clients.find(({ name }) => name === "bob");
    assert(entry);
    return entry;
  }

  /** What was sent, in hex of the receivers' IDs. */
  get receivers(): string[] {
    return this.server.requests.flatMap((each) => each.kind === "send" ? [toHex(each.to)] : []);
  }

  async send(text = "secret"): Promise<string> {
    return await failure(this.alice.send(this.server.address, "bob", text));
  }

  async list(): Promise<string> {
    return await failure(
      this.alice.with(this.server.address, (client) => Array.fromAsync(client.list())),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack.disposeAsync();
  }
}

/** A server that has `clients` and no others. */
function listing(clients: SecureEntry[]): Lie {
  return (request) => {
    switch (request.kind) {
      case "list-clients":
        return { kind: "client-page", clients };
      case "find-clients": {
        const isAsked = ({ id }: SecureEntry) => request.ids.some((it) => equalBytes(it, id));
        return { kind: "found-clients", clients: clients.filter(isAsked) };
      }
      case "find-name": {
        const client = clients.find(({ name }) => name === request.name);
        return client && { kind: "found-name", client };
      }
    }
  };
}

for (const met of [false, true]) {
  const when = met ? "after" : "before";
  Deno.test(`server: another's secure key in the list, ${when} they met`, async () => {
    await using scene = await Scene.open({ met });
    const before = scene.alice.state();
    scene.server.lie = listing([{ ...scene.bobEntry, publicKey: malloryKey }]);
    assertEquals(await scene.list(), "wrong-identity");
    assertEquals(scene.alice.state(), before);
    // Where Bob's key is known nobody is asked for it.
    assertEquals(await scene.send(), met ? "none" : "wrong-identity");
    assertEquals(scene.receivers, met ? [toHex(scene.bobEntry.id)] : []);
    scene.server.lie = () => undefined;
    assertEquals(await scene.send("undisturbed"), "none");
    const got = await scene.bob.receive(scene.server.address);
    assertEquals(got.at(-1), "alice: undisturbed");
  });
}

Deno.test("server: a classic key for an ID that was seen to be secure", async () => {
  await using scene = await Scene.open({ met: true });
  const before = scene.alice.state();
  scene.server.lie = listing([{ ...scene.bobEntry, publicKey: classicKey }]);
  assertEquals(await scene.list(), "wrong-identity");
  assertEquals(scene.alice.state(), before);
  assertEquals(await scene.send(), "none");
  const { content } = scene.server.mailbox(scene.bobEntry.id)[1];
  assert(content[0] === 2 || content[0] === 3, "an envelope for a secure client");
});

Deno.test("server: a key that is not signed by its owner is not used", async () => {
  await using scene = await Scene.open({ met: false });
  const forged = malloryKey.slice();
  forged[40] ^= 1; // in the agreement key, so the ID is another, too
  const id = secureClientId(forged);
  scene.server.lie = listing([{ id, name: "bob", publicKey: forged }]);
  assertEquals(await scene.send(), "wrong-identity");
  assertEquals(scene.receivers, []);
});

Deno.test("server: messages for a known name go on to the ID that had it first", async () => {
  await using scene = await Scene.open({ met: true });
  const { bobEntry } = scene;
  const mallory = { id: malloryId, name: "bob", publicKey: malloryKey };
  const lists: SecureEntry[][] = [
    [mallory],
    [mallory, bobEntry],
    [{ ...bobEntry, name: "bob-of-old" }, mallory], // the name set free
    [{ ...bobEntry, name: "bob-of-old" }],
    [mallory],
  ];
  for (const clients of lists) {
    const before = scene.alice.state();
    scene.server.lie = listing(clients);
    assertEquals(await scene.list(), "none");
    assertEquals(scene.alice.state(), before);
    assertEquals(await scene.send(), "none");
  }
  assertEquals(scene.receivers, lists.map(() => toHex(bobEntry.id)));
});

Deno.test("server: a known client goes by the name that it had first", async () => {
  await using scene = await Scene.open({ met: true });
  scene.server.lie = listing([{ ...scene.bobEntry, name: "carol" }]);
  const seen = await scene.alice.with(
    scene.server.address,
    (client) => Array.fromAsync(client.list()),
  );
  assertEquals(seen.map(({ name, authenticated }) => [name, authenticated]), [["bob", true]]);
});

Deno.test("server: an answer about another client is none", async () => {
  await using scene = await Scene.open({ met: false });
  const unlisted = { id: malloryId, name: "mallory", publicKey: malloryKey };
  const from = { from: malloryId, type: MessageType.text, content: new Uint8Array(80) };
  const own = scene.alice.profile.identity.id;
  scene.server.put(own, from);
  scene.server.lie = ({ kind }) =>
    kind === "find-clients" ? { kind: "found-clients", clients: [scene.bobEntry] } : undefined;
  assertEquals(
    await failure(scene.alice.receive(scene.server.address)),
    "bad-response",
  );
  // The message waits; with a right answer it is known for what it is: nothing that opens.
  scene.server.lie = ({ kind }) =>
    kind === "find-clients" ? { kind: "found-clients", clients: [unlisted] } : undefined;
  const got = await scene.alice.receive(scene.server.address);
  assertEquals(got, ["mallory: (1 unknown-form)"]);
});

Deno.test("server: a sender about whom nothing is known does not delay the others", async () => {
  await using scene = await Scene.open({ met: true });
  const { server, bob, alice } = scene;
  const strangers = [1, 2, 3].map((byte) => new Uint8Array(16).fill(byte));
  const { id } = bob.profile.identity;
  for (const from of strangers) {
    for (const type of [MessageType.text, MessageType.key, MessageType.keyRequest]) {
      server.mailbox(id).unshift({
        messageId: 100 + type,
        from,
        type,
        content: new Uint8Array(80),
      });
    }
  }
  server.lie = (request) => {
    if (request.kind !== "find-clients") return undefined;
    const clients = request.ids.flatMap((id) => {
      const [first] = id;
      if (first === 1) return []; // nobody has that ID
      const honest = server.clients.find((client) => equalBytes(client.id, id));
      const publicKey = first === 2 ? malloryKey : new Uint8Array(160).fill(0x30);
      return honest ?? { id, name: `client ${first}`, publicKey };
    });
    return { kind: "found-clients", clients };
  };
  const got = await bob.receive(server.address);
  assertEquals(got.filter((line) => line === "alice: hello").length, 1);
  const told = got.filter((line) => line.includes("!") || line.endsWith("undecryptable)"));
  assertEquals(told.length, got.length - 1, got.join());
  await alice.send(server.address, "bob", "undisturbed");
  const more = await bob.receive(server.address);
  assertEquals(more.filter((line) => !line.includes("!")), ["alice: undisturbed"]);
});

Deno.test("server: a receipt for a message to somebody else is an error", async () => {
  await using scene = await Scene.open({ met: true });
  scene.server.lie = ({ kind }) =>
    kind === "send" ? { kind: "sent", to: malloryId, messageId: 7 } : undefined;
  assertEquals(await scene.send(), "bad-response");
  scene.server.lie = () => undefined;
  assertEquals(await scene.send("behind it"), "none");
  const got = await scene.bob.receive(scene.server.address);
  assertEquals(got, ["alice: hello", "alice: secret", "alice: behind it"]);
});

Deno.test("server: an ID that does not belong to the key registers nobody", async () => {
  await using server = new EvilServer();
  await using carol = await Party.open();
  server.lie = ({ kind }) =>
    kind === "register" ? { kind: "registered", clientId: malloryId } : undefined;
  const register = () =>
    failure(
      carol.with(server.address, (client) => client.register("carol", { classic: false })),
    );
  assertEquals(await register(), "bad-response");
  assert(!carol.profile.registered);
  const pending = carol.profile.pendingIdentity;
  server.lie = () => undefined;
  assertEquals(await register(), "none");
  assert(pending && equalBytes(carol.profile.identity.id, pending.id), "the same identity");
});

Deno.test("server: nobody can speak for the owner of a profile to itself", async () => {
  await using scene = await Scene.open({ met: true });
  const { id } = scene.alice.profile.identity;
  scene.server.lie = ({ kind }) =>
    kind === "find-clients"
      ? { kind: "found-clients", clients: [{ id, name: "alice", publicKey: classicKey }] }
      : undefined;
  for (const type of [MessageType.key, MessageType.text, MessageType.keyRequest]) {
    scene.server.put(id, { from: id, type, content: new Uint8Array(128) });
  }
  const got = await scene.alice.receive(scene.server.address);
  assertEquals(got, []);
  assertEquals(scene.receivers, []);
});

/** An attacker who owns the wire: changes every byte, and cuts behind every byte. */
import { assert, assertEquals } from "../support/assert.ts";
import { startServer } from "../support/server_process.ts";
import { failure, Party, serverState } from "../support/attack/parties.ts";
import { END_RECORD, limited, type Tampering, Wire } from "../support/attack/wire.ts";

const TEXT = "twelve bytes";
/** Distance in bytes between the places where the way of a message is cut. */
const STRIDE = 13;

/** Alice, who has the server keep words for Bob through the wire, and all that may change by it. */
class Scene implements AsyncDisposable {
  private constructor(
    readonly data: string,
    readonly wire: Wire,
    readonly alice: Party,
    readonly bob: Party,
    readonly sizes: { up: number; down: number },
    readonly stack: AsyncDisposableStack,
  ) {}

  static async open(): Promise<Scene> {
    const stack = new AsyncDisposableStack();
    const server = stack.use(await startServer());
    const wire = stack.use(new Wire(server.port));
    const alice = stack.use(await Party.registered("alice", wire.address));
    const bob = stack.use(await Party.registered("bob", server.address));
    wire.reset();
    await alice.post(wire.address, bob.profile.identity.id, TEXT);
    await wire.idle();
    const [{ up, down }] = wire.conversations;
    assertEquals(await bob.collect(server.address), [TEXT]);
    // Each side's end is no part of what was asked and answered.
    const sizes = { up: up.length - END_RECORD, down: down.length - END_RECORD };
    return new Scene(server.data, wire, alice, bob, sizes, stack);
  }

  /** Tries to send once over connections that are treated so. Returns how it ended. */
  async attempt(tampering: (connection: number) => Tampering, text = TEXT) {
    this.wire.reset(tampering);
    const end = await failure(
      this.alice.post(this.wire.address, this.bob.profile.identity.id, text),
    );
    this.wire.cut();
    await this.wire.idle();
    return end;
  }

  /** Receives one more message undisturbed. Returns all that came before it. */
  async works(): Promise<string[]> {
    assertEquals(await this.attempt(() => ({})), "none");
    const got = await this.received();
    assertEquals(got.pop(), TEXT);
    return got;
  }

  async received(): Promise<string[]> {
    return await this.bob.collect(`127.0.0.1:${this.wire.target}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack.disposeAsync();
  }
}

Deno.test("wire: no changed byte of the client's is taken for anything", async () => {
  await using scene = await Scene.open();
  const { up } = scene.sizes;
  const before = { server: serverState(scene.data), alice: scene.alice.state() };
  for (let at = 0; at < up; at++) {
    const mask = 1 << at % 8;
    const end = await scene.attempt(first({ up: limited(up, at, mask) }));
    assert(end === "unreachable" || end === "bad-response", `byte ${at} of ${up}: ${end}`);
    assertEquals(serverState(scene.data), before.server, `byte ${at} of ${up}`);
  }
  assertEquals(scene.alice.state(), before.alice);
  assertEquals(await scene.works(), []);
});

Deno.test("wire: no changed byte of the server's is taken for an answer", async () => {
  await using scene = await Scene.open();
  const { down } = scene.sizes;
  const before = scene.alice.state();
  for (let at = 0; at < down; at++) {
    const tampering = { down: limited(down, at, 1 << at % 8) };
    const end = await scene.attempt(first(tampering), textOf(at));
    assert(end === "unreachable" || end === "bad-response", `byte ${at} of ${down}: ${end}`);
  }
  assertEquals(scene.alice.state(), before);
  assertOnce(await scene.works());
});

Deno.test("wire: a request cut short at any byte changes nothing", async () => {
  await using scene = await Scene.open();
  const before = { server: serverState(scene.data), alice: scene.alice.state() };
  for (let size = 0; size < scene.sizes.up; size++) {
    const end = await scene.attempt(first({ up: limited(size) }));
    assertEquals(end, "unreachable", `after ${size} bytes`);
    assertEquals(serverState(scene.data), before.server, `after ${size} bytes`);
  }
  assertEquals(scene.alice.state(), before.alice);
  assertEquals(await scene.works(), []);
});

Deno.test("wire: an answer cut off at any byte is an error, nothing is stored twice", async () => {
  await using scene = await Scene.open();
  const before = scene.alice.state();
  for (let size = 0; size < scene.sizes.down; size++) {
    const end = await scene.attempt(first({ down: limited(size) }), textOf(size));
    assertEquals(end, "unreachable", `after ${size} bytes`);
  }
  assertEquals(scene.alice.state(), before);
  assertOnce(await scene.works());
});

Deno.test("wire: wherever the first connection is cut, the message arrives once", async () => {
  await using scene = await Scene.open();
  const expected: string[] = [];
  for (const direction of ["up", "down"] as const) {
    for (let size = 0; size < scene.sizes[direction]; size++) {
      const cut = { [direction]: limited(size) };
      const text = textOf(expected.length);
      const end = await scene.attempt((connection) => connection === 0 ? cut : {}, text);
      assertEquals(end, "none", `${direction} after ${size} bytes`);
      expected.push(text);
    }
  }
  assertEquals(await scene.received(), expected);
});

Deno.test("wire: wherever a connection is cut, the texts arrive once and in order", async () => {
  await using scene = await Scene.open();
  const { wire, alice, bob } = scene;
  await alice.send(wire.address, "bob", "first");
  wire.reset();
  await alice.send(wire.address, "bob", "second");
  await wire.idle();
  const [{ up, down }] = wire.conversations;
  const expected = ["alice: first", "alice: second"];
  for (const [direction, { length }] of [["up", up], ["down", down]] as const) {
    for (let size = 0; size < length; size += STRIDE) {
      wire.reset(first({ [direction]: limited(size) }));
      const text = textOf(expected.length);
      const end = await failure(alice.send(wire.address, "bob", text));
      wire.cut();
      await wire.idle();
      assert(end === "queued" || end === "none", `${direction} after ${size} bytes: ${end}`);
      expected.push(`alice: ${text}`);
    }
  }
  wire.reset();
  await alice.send(wire.address, "bob", "last");
  assertEquals(await bob.receive(wire.address), [...expected, "alice: last"]);
});

/** Treats the first connection so. Cuts the later ones of the client at once. */
function first(tampering: Tampering): (connection: number) => Tampering {
  return (connection) => connection === 0 ? tampering : { up: limited(0) };
}

/** A text as long as {@link TEXT}, and different for each number. */
function textOf(number: number): string {
  return `text ${number}`.padEnd(TEXT.length);
}

/** All are words of Alice's, and none came twice. */
function assertOnce(lines: string[]): void {
  assert(lines.every((line) => line.startsWith("text ")), lines.join());
  assertEquals(new Set(lines).size, lines.length);
}

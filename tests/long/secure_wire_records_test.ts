/** An attacker who owns the wire: reads, replays, and drops, repeats or reorders records. */
import { writeAll } from "../../shared/io.ts";
import { type Bytes, concat, toHex, utf8 } from "../../shared/bytes.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { startServer } from "../support/server_process.ts";
import { failure, Party, serverState } from "../support/attack/parties.ts";
import { HANDSHAKE, onRecords, type Tampering, Wire } from "../support/attack/wire.ts";

const MARKER = "MARKER-7f3a9c0d1e";

/** Reports whether `part` stands anywhere in `whole`. */
function contains(whole: Bytes, part: Uint8Array): boolean {
  return toHex(whole).includes(toHex(part));
}

Deno.test("wire: an eavesdropper learns no texts, files, names or identities", async () => {
  await using server = await startServer();
  await using wire = new Wire(server.port);
  await using alice = await Party.registered(`alice-${MARKER}`, wire.address);
  await using bob = await Party.registered(`bob-${MARKER}`, wire.address);
  const alicia = `alice-${MARKER}`;
  await bob.with(wire.address, (client) => client.contactBook.setAlias(alicia, alicia));
  const path = `${alice.folder}/file`;
  await Deno.writeTextFile(path, `${MARKER}\n`.repeat(10_000));
  await alice.send(wire.address, `bob-${MARKER}`, MARKER);
  await alice.with(wire.address, (client) => client.sendFile(`bob-${MARKER}`, path, () => {}));
  const received = await bob.receive(wire.address);
  assertEquals(received, [`alice-${MARKER}: ${MARKER}`, `alice-${MARKER}: (file)`]);
  await wire.idle();
  const secrets = [alice, bob].flatMap(({ profile: { secureIdentity: own } }) => {
    assert(own);
    return [own.id, own.publicKey.slice(4, 36), own.publicKey.slice(36, 68)];
  });
  const passed = concat(...wire.conversations.flatMap(({ up, down }) => [up, down]));
  assert(passed.length > 100_000, "the file passed");
  for (const secret of [utf8(MARKER), ...secrets]) assert(!contains(passed, secret));
});

Deno.test("wire: a recorded connection, said again to the server, does nothing", async () => {
  await using server = await startServer();
  await using wire = new Wire(server.port);
  await using alice = await Party.registered("alice", wire.address);
  await using bob = await Party.registered("bob", wire.address);
  await alice.send(wire.address, "bob", "one");
  await bob.receive(wire.address);
  await alice.send(wire.address, "bob", "two");
  await wire.idle();
  const before = serverState(server.data);
  assertEquals(wire.conversations.length, 5);
  for (const { up, down } of wire.conversations) {
    const answer = await replay(server.port, up);
    // Another handshake, whose keys the old records do not fit: no further word.
    assertEquals(answer.length, HANDSHAKE.down);
    assert(toHex(answer) !== toHex(down.slice(0, HANDSHAKE.down)));
    assertEquals(serverState(server.data), before);
  }
  assertEquals(await bob.receive(wire.address), ["alice: two"]);
});

/** Sends `bytes` to the server. Returns all that it answers. */
async function replay(port: number, bytes: Bytes): Promise<Bytes> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await writeAll(conn, bytes);
  await conn.closeWrite();
  const parts: Uint8Array[] = [];
  try {
    for await (const part of conn.readable) parts.push(part.slice());
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
  return concat(...parts);
}

Deno.test("wire: an old answer of the server is none to a new connection", async () => {
  await using server = await startServer();
  await using wire = new Wire(server.port);
  await using alice = await Party.registered("alice", wire.address);
  await alice.with(wire.address, (client) => Array.fromAsync(client.list()));
  await wire.idle();
  const recorded = wire.conversations.at(-1)?.down;
  assert(recorded);
  const before = { alice: alice.state(), server: serverState(server.data) };
  const again = async function* () {
    yield recorded;
  };
  wire.reset(() => ({ down: again }));
  const end = await failure(alice.with(wire.address, (client) => Array.fromAsync(client.list())));
  assertEquals(end, "bad-response");
  assertEquals({ alice: alice.state(), server: serverState(server.data) }, before);
  wire.reset();
  assertEquals(await alice.with(wire.address, (client) => Array.fromAsync(client.list())), []);
});

/** What can be done to record `number`; null ends the direction. */
const CHANGES: Record<string, (record: Bytes, held: Bytes[]) => readonly Uint8Array[] | null> = {
  "dropped": () => [],
  "repeated": (record) => [record, record],
  "cut in front of": () => null,
  "shortened": (record) => [new Uint8Array([record[0], record[1] - 1]), record.slice(2, -1)],
  "emptied": () => [new Uint8Array([0, 16]), new Uint8Array(16)],
  "preceded by the record that ends nothing": (record) => [new Uint8Array([0, 0]), record],
  "swapped with the next": (record, held) => {
    held.push(record);
    return [];
  },
};

Deno.test("wire: a dropped, repeated, swapped or cut record ends the connection", async () => {
  await using server = await startServer();
  await using wire = new Wire(server.port);
  await using alice = await Party.registered("alice", wire.address);
  await using bob = await Party.registered("bob", wire.address);
  const { id } = bob.profile.identity;
  await alice.post(wire.address, id, "first");
  const known = alice.state();
  const undisturbed = ["first"];
  /** Words that may have arrived: the server got them as they were said. */
  const maybe = new Set<string>();
  for (const direction of ["up", "down"] as const) {
    for (const [name, change] of Object.entries(CHANGES)) {
      for (const target of [0, 1]) {
        const what = `${direction}: record ${target} ${name}`;
        wire.reset(() => tampering(direction, target, change));
        alice.deadline = 100; // for a silence that would last
        const end = await failure(alice.post(wire.address, id, what));
        alice.deadline = undefined;
        wire.cut();
        await wire.idle();
        // A record that comes twice is wrong the second time: what came before was right.
        const allowed = name === "repeated" ? ["none"] : [];
        assert(["unreachable", "bad-response", ...allowed].includes(end), `${what}: ${end}`);
        if (direction === "down" || name === "repeated") maybe.add(what);
        assertEquals(alice.state(), known, what);
        wire.reset();
        await alice.post(wire.address, id, `after ${what}`);
        undisturbed.push(`after ${what}`);
      }
    }
  }
  const got = await bob.collect(wire.address);
  assertEquals(got.filter((line) => !maybe.has(line)), undisturbed);
  assertEquals(new Set(got).size, got.length);
});

/** `change` for the record with number `target`, after which the direction ends with the third. */
function tampering(
  direction: "up" | "down",
  target: number,
  change: (typeof CHANGES)[string],
): Tampering {
  const held: Bytes[] = [];
  const onRecord = (record: Bytes, number: number) => {
    if (number === target) return change(record, held);
    return number > target + 1 ? null : [record, ...held.splice(0)];
  };
  return { [direction]: onRecords(HANDSHAKE[direction], onRecord) };
}

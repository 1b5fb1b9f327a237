/** `receive --follow`: messages as they come, over breaking connections and restarting servers. */
import { assert, assertEquals } from "../support/assert.ts";
import { EvilServer } from "../support/attack/evil_server.ts";
import { Party, tell } from "../support/attack/parties.ts";
import { Wire } from "../support/attack/wire.ts";
import { runOn, startClient } from "../support/client_process.ts";
import { startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";

/** Follows until `count` messages came. Returns them, and the waits before new connections. */
async function follow(party: Party, address: string, count: number) {
  const before = party.troubles.length;
  const lines: string[] = [];
  await party.with(address, async (client) => {
    const follower = client.follow(`${party.folder}/out`, () => {});
    for await (const received of follower) if (lines.push(tell(received)) === count) break;
  });
  return { lines, waits: party.troubles.slice(before).map(({ wait }) => wait) };
}

Deno.test("follow: a push that comes together with an answer is shown at once", async () => {
  await using server = new EvilServer();
  await using alice = await Party.registered("alice", server.address);
  await using bob = await Party.registered("bob", server.address);
  for (const text of ["one", "two"]) await alice.send(server.address, "bob", text);
  const [one, two] = server.mailbox(bob.profile.identity.id).splice(0);
  let acknowledged: number[] = [];
  server.lie = (request) => {
    if (request.kind === "subscribe") {
      return (link) => link.say({ kind: "subscribed" }, { kind: "push", message: one });
    }
    if (request.kind !== "acknowledge") return undefined;
    acknowledged = [...acknowledged, ...request.messageIds];
    if (acknowledged.length > 1) return undefined;
    // In front of the answer, in the same record.
    return (link) => link.say({ kind: "push", message: two }, { kind: "acknowledged" });
  };
  assertEquals((await follow(bob, server.address, 2)).lines, ["alice: one", "alice: two"]);
});

Deno.test("follow: reconnects after each break, later each time, and at random times", async () => {
  await using server = new EvilServer();
  await using alice = await Party.registered("alice", server.address);
  await using bob = await Party.registered("bob", server.address);
  await alice.send(server.address, "bob", "at last");
  let breaks = 10;
  server.lie = ({ kind }) => kind === "login" && breaks-- > 0 ? (link) => link.cut() : undefined;
  const { lines, waits } = await follow(bob, server.address, 1);
  assertEquals(lines, ["alice: at last"]);
  assertEquals(waits.length, 10);
  waits.forEach((wait, turn) => {
    const longest = Math.min(30_000, 250 * 2 ** turn);
    assert(wait >= longest / 2 && wait <= longest, `wait ${turn}: ${wait}`);
  });
  assert(waits.some((wait, turn) => wait !== Math.min(30_000, 250 * 2 ** turn) / 2), "jitter");
});

Deno.test("follow: a server that asks for seven weeks is asked again within the hour", async () => {
  await using server = new EvilServer();
  await using alice = await Party.registered("alice", server.address);
  await using bob = await Party.registered("bob", server.address);
  await alice.send(server.address, "bob", "at last");
  const refusals = [5_000, 0xffff_ffff];
  server.lie = ({ kind }) => {
    const retryAfter = kind === "subscribe" ? refusals.shift() : undefined;
    if (retryAfter === undefined) return undefined;
    return { kind: "error", error: "shutting-down", retryAfter, text: "later" };
  };
  const { lines, waits } = await follow(bob, server.address, 1);
  assertEquals(lines, ["alice: at last"]);
  const [first, second] = waits;
  assert(first >= 5_000 && first < 10_000, `${first} ms`); // and a random time more
  assertEquals([waits.length, second], [2, 3_600_000]);
});

Deno.test("follow: a message from an unknown sender is shown after a reconnect", async () => {
  await using server = new EvilServer();
  await using alice = await Party.registered("alice", server.address);
  await using bob = await Party.registered("bob", server.address);
  await alice.send(server.address, "bob", "who am I");
  let cuts = 5; // more than the attempts of one request
  server.lie = ({ kind }) =>
    kind === "find-clients" && cuts-- > 0 ? (link) => link.cut() : undefined;
  assertEquals((await follow(bob, server.address, 1)).lines, ["alice: who am I"]);
});

Deno.test("follow: server restarts neither lose nor repeat a line", async () => {
  await using folder = await tempFolder();
  let server = await startServer({ data: `${folder.path}/data` });
  await using wire = new Wire(server.port);
  const { address } = wire;
  try {
    await using alice = await Party.registered("alice", address);
    const bob = `${folder.path}/bob`;
    assertEquals((await runOn(bob, ["--server", address, "register", "bob"])).code, 0);
    await using follower = startClient(["--profile", bob, "receive", "--follow"]);
    await follower.says("Waiting for messages");
    const expected: string[] = [];
    for (let round = 0; round < 3; round++) {
      for (let number = 0; number < 20; number++) {
        const text = `message ${round}.${number}`;
        await alice.send(address, "bob", text);
        expected.push(`alice: ${text}`);
        if (number === 10) await follower.says(text);
      }
      await server.kill(round === 1 ? "SIGTERM" : "SIGKILL");
      server = await startServer({ data: `${folder.path}/data` });
      wire.target = server.port;
    }
    await follower.says("message 2.19");
    await alice.send(address, "bob", "the end");
    await follower.says("the end");
    // Without the numbers, and without what stands beside a first message.
    const lines = follower.lines.map((line) => line.replace(/^\d+ {2}| \(new, ID [^)]+\)/g, ""));
    assertEquals(lines, [...expected, "alice: the end"]);

    const second = await runOn(bob, ["receive"]);
    assertEquals([second.code, second.stdout], [1, ""]);
    assert(second.stderr.includes("in use by another messaging-client"), second.stderr);
  } finally {
    await server[Symbol.asyncDispose]();
  }
});

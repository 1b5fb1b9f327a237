/** The operator's commands, on a server that runs and on a folder where none does. */
import { assert, assertEquals } from "../../support/assert.ts";
import { runServer, type ServerProcess, startServer } from "../../support/server_process.ts";
import { keyOf, Peer } from "../../support/server/peer.ts";
import { copyServer, RELEASES } from "../../support/server/released_servers.ts";
import { SecurePeer, Someone, textTo } from "../../support/server/secure_peer.ts";
import { tempFolder } from "../../support/temp_folder.ts";

/** Runs `body` with the operator's commands: beside a server that runs, then where none does. */
function bothWays(
  name: string,
  args: string[],
  body: (
    operator: (...args: string[]) => Promise<string>,
    refused: (...args: string[]) => Promise<string>,
    port: () => Promise<number>,
  ) => Promise<void>,
): void {
  for (const running of [true, false]) {
    Deno.test(`operator: ${name}, ${running ? "a server runs" : "none runs"}`, async () => {
      await using folder = await tempFolder();
      const data = folder.path;
      let server: ServerProcess | undefined = await startServer({ data, args });
      const command = async (given: string[], expected: number) => {
        if (!running) {
          await server?.stop();
          server = undefined;
        }
        const { code, stdout, stderr } = await runServer([...given, "--data", data]);
        assertEquals(code, expected, stdout + stderr);
        return expected === 0 ? stdout : stderr;
      };
      try {
        await body(
          (...args) => command(args, 0),
          (...args) => command(args, 1),
          async () => (server ??= await startServer({ data, args })).port,
        );
      } finally {
        await server?.stop();
      }
    });
  }
}

async function join(port: number, who: Someone): Promise<SecurePeer> {
  const peer = await SecurePeer.open(port);
  const { registered } = await peer.login(who);
  if (!registered) await peer.register(who);
  return peer;
}

bothWays("stats, and clients that are listed and removed", [], async (operator, refused, port) => {
  const [alice, bob] = [await Someone.called("alice"), await Someone.called("bob")];
  {
    using peer = await join(await port(), alice);
    (await join(await port(), bob))[Symbol.dispose]();
    await peer.sendText(bob.id, "x".repeat(1000));
    using classic = await Peer.connect(await port());
    await classic.register("alan", keyOf("alan"));
  }
  const stats = async () => JSON.parse(await operator("stats", "--json"));
  assertEquals((await stats()).clients, 3);
  assertEquals([(await stats()).messages, (await stats()).messageBytes], [1, 1000]);
  assert((await operator("stats")).startsWith("clients   3\nmessages  1, 1000 bytes\n"));
  assert((await operator("stats")).endsWith("\nin all    1.2 KiB of 1 TiB\n"));

  const listed = (await operator("clients", "list", "al", "--json")).trim().split("\n");
  assertEquals(listed.map((line) => JSON.parse(line)).map(({ name, secure }) => [name, secure]), [
    ["alan", false],
    ["alice", true],
  ]);
  assert((await operator("clients", "list")).includes("alan (classic)\n"));

  assert((await refused("clients", "remove", "carol", "--yes")).includes("no client has"));
  assertEquals(
    await operator("clients", "remove", "bob", "--yes").then((text) => text.slice(34)),
    "bob\n",
  );
  assertEquals([(await stats()).clients, (await stats()).messages], [2, 0]);
  const { id } = JSON.parse(listed[0]);
  await operator("clients", "remove", id, "--yes");
  assertEquals((await stats()).clients, 1);
});

bothWays("a client has a quota of its own", [], async (operator, _refused, port) => {
  const [alice, bob] = [await Someone.called("alice"), await Someone.called("bob")];
  (await join(await port(), alice))[Symbol.dispose]();
  (await join(await port(), bob))[Symbol.dispose]();
  assertEquals(await operator("clients", "limit", "alice", "2K"), "alice has a quota of 2 KiB\n");
  const listed = (await operator("clients", "list")).trim().split("\n");
  assertEquals(listed.map((line) => line.slice(34)), ["alice (quota 2 KiB)", "bob"]);
  const inJson = (await operator("clients", "list", "--json")).trim().split("\n");
  assertEquals(inJson.map((line) => JSON.parse(line).quota), [2048, null]);
  const large = textTo(bob.id, "x".repeat(1500));
  {
    using peer = await join(await port(), alice);
    await peer.request(large, "sent");
    assertEquals(await peer.refused(textTo(bob.id, "x".repeat(1500))), "over-quota");
    using other = await join(await port(), bob);
    for (let i = 0; i < 3; i++) await other.request(textTo(alice.id, "x".repeat(1500)), "sent");
  }
  await operator("clients", "limit", "alice", "default");
  assert((await operator("clients", "list")).includes("  alice\n"));
  using peer = await join(await port(), alice);
  await peer.request(textTo(bob.id, "x".repeat(1500)), "sent");
});

bothWays("invites", ["--registration", "invite"], async (operator, refused, port) => {
  const code = (await operator("invite", "--uses", "2", "--days", "1")).trim();
  assert(/^[0-9a-f]{32}$/.test(code), code);
  const invite = Uint8Array.fromHex(code);
  const enter = async (name: string) => {
    const who = await Someone.called(name);
    using peer = await SecurePeer.open(await port());
    await peer.login(who);
    await peer.send({ kind: "register", name, publicKey: who.publicKey, invite });
    return (await peer.next()).kind;
  };
  assertEquals(await enter("alice"), "registered");
  assert((await operator("invite", "list")).startsWith("invite 1: 1 of 2 left, until "));
  assertEquals(await enter("bob"), "registered");
  assertEquals(await enter("carol"), "error");
  assert((await operator("invite", "list")).includes("(used up)"));
  const second = JSON.parse(await operator("invite", "--json"));
  assertEquals([second.number, second.uses, second.left], [2, 1, 1]);
  assertEquals(await operator("invite", "withdraw", "2"), "invite 2 is withdrawn\n");
  assert((await refused("invite", "withdraw", "2")).includes("there is no invite 2"));
});

bothWays("compact gives room back", [], async (operator, _refused, port) => {
  const bob = await Someone.called("bob");
  (await join(await port(), bob))[Symbol.dispose]();
  const early = JSON.parse(await operator("compact", "--json"));
  assert(early.before >= early.after, `${early.before} bytes became ${early.after}`);
  {
    using peer = await join(await port(), bob);
    const messageIds: number[] = [];
    for (let i = 0; i < 64; i++) {
      messageIds.push(await peer.sendText(bob.id, "x".repeat(60_000)));
    }
    await peer.acknowledge(...messageIds);
  }
  const { after } = JSON.parse(await operator("compact", "--json"));
  assert(after < 1_000_000, `${after} bytes are left`);
});

Deno.test("operator: a wrong number of an invite is wrong usage, told by its name", async () => {
  for (const option of ["--uses", "--days"]) {
    const { code, stderr } = await runServer(["invite", option, "0"]);
    assertEquals(code, 2);
    assert(stderr.includes(`${option} takes a number from 1 to 999999, not "0"`), stderr);
  }
});

Deno.test("operator: a folder without a server's data is an error", async () => {
  await using folder = await tempFolder();
  for (const command of [["stats"], ["clients", "list"], ["invite"], ["compact"]]) {
    const { code, stderr } = await runServer([...command, "--data", folder.path]);
    assertEquals(code, 1);
    assert(stderr.includes("no server keeps its data in"), stderr);
  }
  assertEquals(folder.names(), []);
});

for (const release of RELEASES) {
  Deno.test(`operator: a folder of ${release} waits for the server to update it`, async () => {
    await using folder = await tempFolder();
    const data = `${folder.path}/data`;
    copyServer(release, data);
    const before = await digest(data);
    for (const command of [["stats"], ["clients", "list"], ["invite"], ["compact"]]) {
      const { code, stderr } = await runServer([...command, "--data", data]);
      assertEquals(code, 1);
      assert(stderr.includes("from an older version") && stderr.includes("backup"), stderr);
    }
    assertEquals(await digest(data), before);
    await using server = await startServer({ data });
    await server.stop();
    assertEquals((await runServer(["stats", "--data", data])).code, 0);
  });
}

/** The sum of the database in the folder `data`, and whether it has a key. */
async function digest(data: string): Promise<[string, boolean]> {
  const bytes = await Deno.readFile(`${data}/server.db`);
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  return [sum, await Deno.stat(`${data}/server.key`).then(() => true, () => false)];
}

/** What every front end calls first. */
import { ClientError } from "../../client/errors.ts";
import { openClient, rememberServer, serverAddress } from "../../client/open_client.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { random } from "../support/attack/parties.ts";
import { ServerFixture } from "../support/server/server_fixture.ts";
import { restore } from "../support/profile/released_profiles.ts";
import { tempFolder } from "../support/temp_folder.ts";

const RUNTIME = { now: () => Date.now(), sleep: () => Promise.resolve(), random };

Deno.test("open client: an address is the given one, else that of the profile", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  const code = async (given?: string) =>
    (await assertRejects(() => serverAddress(folder, given), ClientError)).code;
  assertEquals(await code(), "no-server");
  assertEquals(await code("nonsense"), "no-server");
  await Deno.writeTextFile(`${folder}/server.info`, "[::1]:1234\r\n");
  assertEquals(await serverAddress(folder), { hostname: "::1", port: 1234 });
  assertEquals(await serverAddress(folder, "host:1"), { hostname: "host", port: 1 });
});

Deno.test("open client: an address is remembered once, with its key", async () => {
  await using temp = await tempFolder();
  const address = { hostname: "host", port: 1, key: new Uint8Array(32).fill(7) };
  assert(await rememberServer(temp.path, address));
  assert(!await rememberServer(temp.path, { hostname: "other", port: 2 }));
  assertEquals(await serverAddress(temp.path), address);
});

Deno.test("open client: works at once, reports the first key, closes what it opened", async () => {
  await using server = await ServerFixture.start();
  await using temp = await tempFolder();
  const address = { hostname: "127.0.0.1", port: server.listener.address.port };
  const notes: string[] = [];
  const options = { folder: temp.path, address, note: (text: string) => notes.push(text) };
  {
    await using opened = await openClient({ ...options, ...RUNTIME });
    await opened.client.register("alice", { classic: false });
    assertEquals(notes.map((note) => note.replace(/[0-9a-f]{64}$/, "KEY")), [
      `First contact with the server at 127.0.0.1:${address.port}, key KEY`,
    ]);
    const second = () => openClient({ folder: temp.path, ...RUNTIME });
    assertEquals((await assertRejects(second, ClientError)).code, "in-use");
  }
  await using offline = await openClient({ folder: temp.path, ...RUNTIME });
  assertEquals(offline.client.whoami().name, "alice");
  const { code } = await assertRejects(() => Array.fromAsync(offline.client.list()), ClientError);
  assertEquals(code, "unreachable");
});

Deno.test("open client: an old profile is renewed, and its owner is told once", async () => {
  for (const [name, told] of [["secure", 1], ["classic", 0]] as const) {
    await using temp = await tempFolder();
    restore(name, `${temp.path}/profile.db`);
    const notes: string[] = [];
    const note = (text: string) => notes.push(text);
    for (let time = 0; time < 2; time++) {
      await using _opened = await openClient({ folder: temp.path, note, ...RUNTIME });
      assertEquals(notes.length, told);
    }
    assert(notes.every((text) => text.includes("Sessions begin anew")));
  }
});

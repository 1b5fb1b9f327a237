/**
 * A sender that is killed at random moments while it sends. What it reported, and what its history
 * holds, arrives exactly once; what it had not taken note of does not arrive at all.
 */
import { Profile } from "../../client/profile/profile.ts";
import type { HistoryEntry } from "../../client/profile/tables/history_entry.ts";
import { fromHex } from "../../shared/bytes.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Person } from "../support/client_process.ts";
import { startServer } from "../support/server_process.ts";
import { until } from "../support/until.ts";
import { chance } from "../support/fault/chance.ts";

const PROGRAM = new URL("../support/fault/sending_process.ts", import.meta.url).href;
const KILLS = 15;
/** Most reports before the end. */
const MOST_REPORTS = 60;

/** Sends texts from number `first` on and is killed after so many reports, or some more. */
async function sendAndDie(
  folder: string,
  port: number,
  first: number,
  reports: number,
): Promise<string[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", "--allow-net=127.0.0.1", "--allow-read"].concat(
      ["--allow-write", PROGRAM, folder, String(port), "bob", String(first)],
    ),
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let reported = "";
  const reading = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) reported += text;
  })();
  await until("enough was reported", () => reported.split("\n").length > reports);
  child.kill("SIGKILL");
  await Promise.all([reading, child.status]);
  return reported.split("\n").slice(0, -1); // the last line may be cut off
}

/** All that was written to the client with this ID, in the order of the history. */
async function sentTo(id: string, folder: string): Promise<HistoryEntry[]> {
  using profile = await Profile.open(folder);
  return [...profile.history.list(fromHex(id))].filter(({ sent }) => sent);
}

Deno.test("killed while sending: reported and kept messages arrive once, in order", async () => {
  const random = chance();
  console.log(`seed ${random.seed}`);
  await using server = await startServer();
  await using bob = await Person.register(server.address, "bob", { classic: false });
  await using alice = await Person.register(server.address, "alice", { classic: false });
  const reported: string[] = [];
  const arrived: (string | undefined)[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const reports = 1 + random.whole(MOST_REPORTS);
    reported.push(...await sendAndDie(alice.folder, server.port, kill * 1_000_000, reports));
    // Sometimes the receiver takes part, so that there are steps of the ratchet, too.
    if (kill % 5 !== 2) continue;
    arrived.push(...await bob.texts());
    await bob.json("send", "alice", `answer ${kill}`);
    assertEquals(await alice.texts(), [`answer ${kill}`]);
  }
  const before = await sentTo(bob.id, alice.folder);
  const pending = before.filter(({ state }) => state === "pending").length;
  assertEquals(await alice.json("receive"), []); // which sends what was left, too
  arrived.push(...await bob.texts());
  assertEquals(await bob.receive(), []);

  const entries = await sentTo(bob.id, alice.folder);
  assertEquals(new Set(entries.map(({ state }) => state)), new Set(["sent"]));
  const kept = entries.map(({ body }) => "text" in body ? body.text : "a file");
  assertEquals(arrived, kept);
  assertEquals(new Set(kept).size, kept.length);
  assert(new Set(kept).isSupersetOf(new Set(reported)), "a reported text is not in the history");
  assert(reported.length >= KILLS, "something was reported each time");
  console.log(
    `${kept.length} texts, of which ${reported.length} were reported, ${pending} pending`,
  );
});

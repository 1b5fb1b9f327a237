import { openClient } from "../../client/open_client.ts";
import { Profile } from "../../client/profile/profile.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { idOf } from "../support/profile/database.ts";
import { randomBytes } from "../support/profile/vault_of.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { until } from "../support/until.ts";

const BOB = idOf(0xb0);

/** Keeps what was sent to Bob at time 0, and is to disappear after so many seconds. */
function addSent({ history }: Profile, text: string, timer: number): number {
  const sent = { peer: BOB, at: 0, stored: 0, contentId: randomBytes(16), body: { text }, timer };
  const number = history.addSent(sent);
  history.markSent(number, number, 0);
  return number;
}

Deno.test("expiry: when a client opens, and while it is open", async () => {
  await using temp = await tempFolder();
  {
    using profile = await Profile.open(temp.path);
    await profile.prepareSecure("alice");
    profile.registerSecure();
    addSent(profile, "gone at the start", 9);
    addSent(profile, "gone later", 11);
    addSent(profile, "stays", 1_000_000);
  }
  let time = 10_000;
  const runtime = { random: randomBytes, now: () => time, sleep: () => Promise.resolve() };
  await using opened = await openClient({ folder: temp.path, ...runtime });
  const { profile } = opened;
  const texts = () =>
    [...profile.history.list(BOB)].map(({ body }) => "text" in body ? body.text : "?");
  assertEquals(texts(), ["gone later", "stays"]);
  const removed: number[] = [];
  using _ = profile.events.on((event) => {
    if (event.kind === "entry" && !profile.history.entry(event.number)) removed.push(event.number);
  });
  time = 20_000;
  // Any change of an entry has it look again.
  const next = addSent(profile, "gone at once", 1);
  await until("both are gone", () => texts().length === 1);
  assertEquals(texts(), ["stays"]);
  assert(removed.includes(next), "front ends are told");
});

/** Skipped keys that are too old go from all sessions, of which a few are in memory at a time. */
import { Profile } from "../../../client/profile/profile.ts";
import { PAGE } from "../../../client/profile/tables/session_store.ts";
import { Sessions } from "../../../client/sessions/sessions.ts";
import { MAX_SKIPPED_AGE } from "../../../shared/session/chains.ts";
import { decodeSession, encodeSession } from "../../../shared/session/session_state.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { idOf } from "../../support/profile/database.ts";
import { randomBytes } from "../../support/profile/vault_of.ts";
import { content, newPair, NOW } from "../../support/session/model_pair.ts";
import { tempFolder } from "../../support/temp_folder.ts";

Deno.test("sessions: old skipped keys go from all of them, a page at a time", async () => {
  await using folder = await tempFolder();
  using profile = await Profile.open(folder.path);
  const { alice, bob } = await newPair();
  alice.send(content("lost"));
  bob.receive(alice.send(content("came")));
  const count = 2 * PAGE + 1;
  for (let i = 0; i < count; i++) {
    profile.sessions.insert(idOf(i), encodeSession(bob.session));
  }
  let most = 0;
  const { first } = profile.sessions;
  profile.sessions.first = function (after) {
    const page = first.call(this, after);
    most = Math.max(most, page.length);
    return page;
  };
  const skipped = () =>
    Array.from({ length: count }, (_, i) => profile.sessions.load(idOf(i))[0])
      .map(({ state }) => decodeSession(state).ratchet.skipped.length);
  const dropAt = (now: number) => {
    const options = { profile, own: bob.own, random: randomBytes, now: () => now };
    profile.transaction(() => new Sessions(options).dropExpired());
  };
  dropAt(NOW + MAX_SKIPPED_AGE - 1);
  assertEquals(skipped(), Array(count).fill(1));
  dropAt(NOW + MAX_SKIPPED_AGE);
  assertEquals(skipped(), Array(count).fill(0));
  assert(most <= PAGE, `${most} sessions at a time`);
});

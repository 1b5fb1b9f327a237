import { eventSource } from "../../../../client/cli/engine/event_source.ts";
import { openClient } from "../../../../client/open_client.ts";
import { randomBytes } from "../../../../shared/crypto/random.ts";
import { assertEquals } from "../../../support/assert.ts";
import { idOf } from "../../../support/profile/database.ts";
import { tempFolder } from "../../../support/temp_folder.ts";

const BOB = idOf(2);

Deno.test("event source: a conversation comes with what is unread, muted and last", async () => {
  await using temp = await tempFolder();
  const runtime = { now: () => 1000, random: randomBytes, sleep: () => Promise.resolve() };
  await using opened = await openClient({ folder: temp.path, ...runtime });
  const { profile, client } = opened;
  await profile.prepareSecure("me");
  profile.registerSecure();
  profile.contacts.put([{ id: BOB, name: "bob" }]);
  type Told = { conversation: { unread: number; muted: boolean; last: { text: string } | null } };
  const told: unknown[] = [];
  using _listening = eventSource(opened).on((kind, params) => {
    if (kind !== "conversation") return;
    const { conversation: { unread, muted, last } } = params() as Told;
    told.push([unread, muted, last?.text]);
  });
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  const entry = { peer: BOB, at: 1, stored: 1, contentId: null, messageId: 1 };
  profile.history.addReceived({ ...entry, body: { text: "hi" } });
  await turn();
  client.conversations.mute("bob", 2000);
  await turn();
  client.conversations.markRead("bob");
  await turn();
  client.contactBook.forget("bob");
  await turn();
  const before = [[1, false, "hi"], [1, true, "hi"], [0, true, "hi"]];
  assertEquals(told, [...before, [0, true, undefined]]);
});

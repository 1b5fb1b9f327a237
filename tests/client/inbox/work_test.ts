/** What many texts cost the clients on both sides: counted, not timed. */
import { Vault } from "../../../client/profile/sealing/vault.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { Conversation } from "../../support/attack/conversation.ts";

const COUNT = 300;

/** Returns how many rows are sealed and opened by `action`. */
async function rowsOf(action: () => Promise<unknown>): Promise<{ sealed: number; opened: number }> {
  const { seal, open } = Vault.prototype;
  const rows = { sealed: 0, opened: 0 };
  Vault.prototype.seal = function (...parameters) {
    rows.sealed++;
    return seal.apply(this, parameters);
  };
  Vault.prototype.open = function (...parameters) {
    rows.opened++;
    return open.apply(this, parameters);
  };
  try {
    await action();
  } finally {
    Object.assign(Vault.prototype, { seal, open });
  }
  return rows;
}

Deno.test("work: a text is sealed twice as it is sent, and three times as it comes", async () => {
  await using scene = await Conversation.underWay();
  const texts = Array.from({ length: COUNT }, (_, i) => `text ${i}`);
  const sending = await rowsOf(() => {
    return scene.alice.with(scene.server.address, async (client) => {
      await Promise.all(texts.map((text) => client.sendText("bob", text)));
    });
  });
  const [...history] = scene.alice.profile.history.list(scene.bobId);
  assert(
    history.slice(-COUNT).every(({ state, messageId, sentAt }) => {
      return state === "sent" && messageId !== null && sentAt !== undefined;
    }),
  );
  const receiving = await rowsOf(async () => {
    assertEquals(await scene.received(), texts.map((text) => `alice: ${text}`));
  });
  // Beside those of the texts there are a few of sessions, contacts and prekeys.
  assert(sending.sealed < 2 * COUNT + 50, `${sending.sealed} rows were sealed`);
  assert(sending.opened < 60, `${sending.opened} rows were opened`);
  // What came is kept before it is opened: its head, and its content.
  assert(receiving.sealed < 3 * COUNT + 50, `${receiving.sealed} rows were sealed`);
  assert(receiving.opened < 2 * COUNT + 60, `${receiving.opened} rows were opened`);
});

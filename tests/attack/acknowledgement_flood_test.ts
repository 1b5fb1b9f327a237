/** One client has the server delete as much as it can, and others want to send. */
import { DEFAULT_LIMITS } from "../../server/limits/limits.ts";
import { openStorage } from "../../server/storage/open_storage.ts";
import { MAX_ACKNOWLEDGED } from "../../shared/limits.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import { clientCalled } from "../contract/storage_contract.ts";
import { assert } from "../support/assert.ts";
import { tempFolder } from "../support/temp_folder.ts";

Deno.test("attack: pipelined acknowledgements of 1,024 IDs do not hold up a send", async () => {
  await using folder = await tempFolder();
  let clock = 0; // each operation takes a millisecond
  const options = { limits: DEFAULT_LIMITS, now: () => 1, clock: () => clock++ };
  const storage = await openStorage(`${folder.path}/server.db`, options);
  const [mallory, alice] = [clientCalled("mallory"), clientCalled("alice")];
  for (const client of [mallory, alice]) await storage.register(client);
  const ids = Array.from({ length: MAX_ACKNOWLEDGED }, (_, i) => i + 1);
  let answered = 0;
  const flood = Array.from({ length: 256 }, async () => {
    await storage.acknowledge(mallory.id, ids);
    answered++;
  });
  const content = { inline: new Uint8Array(10) };
  const deposit = { from: alice.id, to: alice.id, type: MessageType.text, content };
  for (let sent = 1; sent <= 10; sent++) {
    await storage.deposit(deposit);
    assert(answered <= sent, `message ${sent} has waited for ${answered} acknowledgements`);
  }
  await storage.close();
  await Promise.all(flood);
});

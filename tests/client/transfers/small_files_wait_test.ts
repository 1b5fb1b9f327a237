/** Small files that are on the server, and wait for others before they are told of. */
import type { Client } from "../../../client/client.ts";
import { ClientError } from "../../../client/errors.ts";
import { assertEquals, assertRejects } from "../../support/assert.ts";
import { EvilServer } from "../../support/attack/evil_server.ts";
import { Party } from "../../support/attack/parties.ts";

/** Sends three; `meanwhile` runs when the first two wait for the third. Returns what arrives. */
async function arriving(
  meanwhile: (client: Client, folder: string) => Promise<unknown>,
  check: (sending: Promise<unknown>) => Promise<unknown>,
): Promise<string[]> {
  await using server = new EvilServer();
  await using alice = await Party.registered("alice", server.address);
  await using bob = await Party.registered("bob", server.address);
  await bob.with(server.address, (client) => client.contactBook.setAlias("alice", "alice"));
  const paths = [1, 2, 3].map((n) => `${alice.folder}/${n}.jpg`);
  for (const path of paths) await Deno.writeTextFile(path, "a photo");
  let others: Promise<unknown> | undefined;
  let uploads = 0;
  await alice.with(server.address, async (client) => {
    server.lie = ({ kind }) => {
      if (kind !== "share" || ++uploads !== 3) return undefined;
      return async (link) => {
        await link.say({ kind: "error", error: "rate-limited", retryAfter: 500, text: "too fast" });
        others = meanwhile(client, alice.folder);
      };
    };
    await check(Array.fromAsync(client.sendFiles("bob", paths)));
    await others;
  });
  return await bob.receive(server.address);
}

Deno.test("small files: what waits to be told of is told of once, whatever goes on", async () => {
  const goOn = (client: Client, folder: string) =>
    Array.fromAsync(client.receive(folder, () => {}));
  assertEquals(await arriving(goOn, (sending) => sending), Array(3).fill("alice: (file)"));
});

Deno.test("small files: what is cancelled while it waits to be told of never is", async () => {
  const cancel = (client: Client) => client.cancelTransfer(1);
  const check = (sending: Promise<unknown>) =>
    assertRejects(() => sending, ClientError, "cancelled");
  assertEquals(await arriving(cancel, check), Array(2).fill("alice: (file)"));
});

/** The work that receive and send-file do for many files. */
import { Transfers } from "../../../../client/profile/tables/transfers.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { Person } from "../../../support/client_process.ts";
import { startServer } from "../../../support/server_process.ts";

Deno.test("receive, send-file: no file makes them read all others on their way", async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice", { classic: false });
  await using bob = await Person.register(server.address, "bob", { classic: false });
  await bob.json("add", (await alice.json<{ card: string }>("card"))[0].card);
  const paths: string[] = [];
  for (let number = 0; number < 40; number++) {
    paths.push(`${alice.folder}/file ${number}`);
    await Deno.writeTextFile(paths[number], "content");
  }
  const sent = await readTransfers(() => alice.json("send-file", "bob", ...paths));
  assert(sent <= 10 * paths.length, `${sent} were read to send`);
  const received = await readTransfers(async () => {
    assertEquals((await bob.receive()).length, paths.length);
  });
  assert(received <= 10 * paths.length, `${received} were read to receive`);
});

/** Returns how many transfers `work` opens. */
async function readTransfers(work: () => Promise<unknown>): Promise<number> {
  const counted = Transfers.prototype as unknown as { openRow(...args: unknown[]): unknown };
  const { openRow } = counted;
  let opened = 0;
  counted.openRow = function (...args) {
    opened++;
    return openRow.apply(this, args);
  };
  try {
    await work();
  } finally {
    counted.openRow = openRow;
  }
  return opened;
}

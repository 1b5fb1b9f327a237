/** A large classic file passes through all processes, and none of them grows with it. */
import { MiB } from "../../shared/limits.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Person, startClient } from "../support/client_process.ts";
import { digest, writeSparse } from "../support/large_files.ts";
import { sampleBytes } from "../support/pieces.ts";
import { peakMemory, peakOf, PROCESS_FACTS } from "../support/process_facts.ts";
import { startServer } from "../support/server_process.ts";

/** Beside what a process needs anyway, in bytes. */
const GROWTH = 100 * MiB;

/** The most memory of the client's process while it does this. */
async function peakOfClient(person: Person, ...command: string[]): Promise<number> {
  const client = startClient(person.args(...command));
  return await peakOf(client.pid, async () => {
    assertEquals((await client.outcome()).code, 0, client.output.stderr);
  });
}

Deno.test("files: 300 MiB arrive whole, and no process grows by more than 100 MiB", {
  ignore: !PROCESS_FACTS,
}, async () => {
  await using server = await startServer();
  await using alice = await Person.register(server.address, "alice");
  await using bob = await Person.register(server.address, "bob");
  const [small, large] = [`${alice.folder}/small`, `${alice.folder}/large`];
  await Deno.writeFile(small, sampleBytes(1000));
  await writeSparse(large, 300 * MiB);
  const sentSmall = await peakOfClient(alice, "send-file", "bob", small);
  const receivedSmall = await peakOfClient(bob, "receive", "--out", bob.out);
  const before = await peakMemory(server.pid);

  const sent = await peakOfClient(alice, "send-file", "bob", large) - sentSmall;
  const received = await peakOfClient(bob, "receive", "--out", bob.out) - receivedSmall;
  const relayed = await peakMemory(server.pid) - before;
  for (const [who, growth] of Object.entries({ sent, received, relayed })) {
    assert(growth < GROWTH, `${who}: grew by ${growth} bytes`);
  }
  assertEquals(await digest(`${bob.out}/alice-3.bin`), await digest(large));
});

/** A large file passes through all processes, and none of them grows with it. */
import { MiB } from "../../shared/limits.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { digest, writeSparse } from "../support/large_files.ts";
import { peakMemory, peakOf, PROCESS_FACTS } from "../support/process_facts.ts";
import { startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { newPerson } from "../support/fault/person.ts";

const LARGE = 300 * MiB;
/** How much more a large file may take than a small one, in bytes. */
const GROWTH = 100 * MiB;

/** The most memory of a process that moves a file. */
async function peakOfMover(args: string[]): Promise<number> {
  const mover = new URL("../support/fault/file_mover.ts", import.meta.url).href;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", mover, ...args],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  return await peakOf(child.pid, async () => {
    const { code, stderr } = await child.output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
  });
}

Deno.test("file memory: 300 MiB arrive whole, and no process grows by more than 100 MiB", {
  ignore: !PROCESS_FACTS,
}, async () => {
  await using temp = await tempFolder();
  await using server = await startServer();
  const port = String(server.port);
  for (const name of ["alice", "bob"]) {
    await using person = await newPerson(`${temp.path}/${name}`, name, server.port);
    if (name === "bob") await person.client.contactBook.setAlias("alice", "alice");
  }
  const peaks: [send: number, receive: number, server: number][] = [];
  for (const [name, size] of [["small", MiB], ["large", LARGE]] as const) {
    const path = `${temp.path}/${name}`;
    await writeSparse(path, size);
    const sent = await peakOfMover(["send", `${temp.path}/alice`, port, path]);
    const received = await peakOfMover(["receive", `${temp.path}/bob`, port, `${temp.path}/out`]);
    assertEquals(await digest(`${temp.path}/out/${name}`), await digest(path));
    peaks.push([sent, received, await peakMemory(server.pid)]);
  }
  const [small, large] = peaks;
  for (const [i, who] of ["the sender", "the receiver", "the server"].entries()) {
    const growth = large[i] - small[i];
    assert(growth < GROWTH, `${who} grew by ${(growth / MiB).toFixed(1)} MiB`);
  }
});

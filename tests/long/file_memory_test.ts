/** A large file passes through all processes, and none of them grows with it. */
import { MiB } from "../../shared/limits.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { digest } from "../support/client/transfer_fixture.ts";
import { peakMemory, PROCESS_FACTS } from "../support/process_facts.ts";
import { sampleBytes } from "../support/pieces.ts";
import { startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { newPerson } from "../support/fault/person.ts";

const LARGE = 300 * MiB;
/** How much more a large file may take than a small one, in bytes. */
const GROWTH = 100 * MiB;

/** The most memory of a process that moves a file. */
async function peakOf(args: string[]): Promise<number> {
  const mover = new URL("../support/fault/file_mover.ts", import.meta.url).href;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", mover, ...args],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  // Its end takes the number away, so it is read again and again.
  const script = 'while grep VmHWM "/proc/$0/status" 2>/dev/null; do sleep 0.02; done';
  const watch = new Deno.Command("sh", { args: ["-c", script, String(child.pid)] }).output();
  const { code, stderr } = await child.output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  const seen = new TextDecoder().decode((await watch).stdout).match(/\d+(?= kB\n$)/);
  assert(seen, "nobody saw the process");
  return Number(seen[0]) * 1024;
}

/** Makes a sparse file with a mark of its own in each MiB, so that no part looks like another. */
async function writeSparse(path: string, size: number): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  await file.truncate(size);
  for (let at = 0; at < size; at += MiB) {
    await file.seek(at + (at / MiB) * 997, Deno.SeekMode.Start);
    await file.write(sampleBytes(64, at + 1));
  }
}

Deno.test("file memory: 300 MiB arrive whole, and no process grows by more than 100 MiB", {
  ignore: !PROCESS_FACTS,
}, async () => {
  await using temp = await tempFolder();
  await using server = await startServer();
  const port = String(server.port);
  for (const name of ["alice", "bob"]) {
    await using _person = await newPerson(`${temp.path}/${name}`, name, server.port);
  }
  const peaks: [send: number, receive: number, server: number][] = [];
  for (const [name, size] of [["small", MiB], ["large", LARGE]] as const) {
    const path = `${temp.path}/${name}`;
    await writeSparse(path, size);
    const sent = await peakOf(["send", `${temp.path}/alice`, port, path]);
    const received = await peakOf(["receive", `${temp.path}/bob`, port, `${temp.path}/out`]);
    assertEquals(await digest(`${temp.path}/out/${name}`), await digest(path));
    peaks.push([sent, received, await peakMemory(server.pid)]);
  }
  const [small, large] = peaks;
  for (const [i, who] of ["the sender", "the receiver", "the server"].entries()) {
    const growth = large[i] - small[i];
    assert(growth < GROWTH, `${who} grew by ${(growth / MiB).toFixed(1)} MiB`);
  }
});

/**
 * A server on a disk that is mounted read-only, and then for writing again, as a program of its
 * own. TMPDIR is the disk. Ends with exit code 0 if all is as it should be.
 */
import { assert, assertEquals } from "../assert.ts";
import { expectKept, fill } from "../server/kept_folder.ts";
import { runServer, startServer } from "../server_process.ts";

const disk = Deno.env.get("TMPDIR")!;
const data = `${disk}/data`;

async function remount(how: "ro" | "rw"): Promise<void> {
  // A "bind" is allowed also to who is not root.
  const args = ["-o", `remount,bind,${how}`, disk];
  assert((await new Deno.Command("mount", { args }).output()).success);
}

const kept = await (async () => {
  await using server = await startServer({ data, args: ["--reserve", "1M"] });
  const kept = await fill(server.port);
  assertEquals((await server.stop()).code, 0);
  return kept;
})();
await remount("ro");
for (const args of [["--port", "0"], ["stats"], ["verify"]]) {
  const { code, stdout, stderr } = await runServer([...args, "--data", data]);
  assertEquals([code, stdout], [1, ""]);
  assert(stderr.includes("the disk is read-only") && !stderr.includes("    at "), stderr);
}
await remount("rw");
await expectKept(data, kept);
console.log("done");

import { SharedSyncs } from "../../shared/shared_syncs.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";

/** Fsyncs that end when the test says so. */
class Disk {
  readonly begun: { folder: string; end: (failure?: Error) => void }[] = [];

  readonly sync = (folder: string): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.begun.push({ folder, end: (failure) => failure ? reject(failure) : resolve() });
    return promise;
  };
}

Deno.test("shared fsyncs: all who ask while one is under way share the next", async () => {
  const disk = new Disk();
  const syncs = new SharedSyncs(disk.sync);
  let ended = 0;
  const first = syncs.of("a").then(() => ended++);
  const others = Array.from({ length: 100 }, () => syncs.of("a").then(() => ended++));
  assertEquals(disk.begun.length, 1);
  disk.begun[0].end();
  await first;
  assertEquals(ended, 1, "what was asked for later is not on the disk yet");
  assertEquals(disk.begun.length, 2);
  const last = syncs.of("a");
  disk.begun[1].end();
  await Promise.all(others);
  assertEquals(disk.begun.length, 3);
  disk.begun[2].end();
  await last;
  const again = syncs.of("a");
  assertEquals(disk.begun.length, 4, "nothing is under way, so it begins at once");
  disk.begun[3].end();
  await again;
});

Deno.test("shared fsyncs: folders do not wait for each other", () => {
  const disk = new Disk();
  const syncs = new SharedSyncs(disk.sync);
  syncs.of("a");
  syncs.of("b");
  assertEquals(disk.begun.map(({ folder }) => folder), ["a", "b"]);
});

Deno.test("shared fsyncs: a failure is told to those who shared it; the next begins", async () => {
  const disk = new Disk();
  const syncs = new SharedSyncs(disk.sync);
  const [first, second, third] = [syncs.of("a"), syncs.of("a"), syncs.of("a")];
  disk.begun[0].end(new Error("disk"));
  await assertRejects(() => first, Error, "disk");
  disk.begun[1].end(new Error("disk, again"));
  for (const one of [second, third]) await assertRejects(() => one, Error, "disk, again");
  const fourth = syncs.of("a");
  disk.begun[2].end();
  await fourth;
});

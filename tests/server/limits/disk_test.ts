import { configureSync, getLogger, type LogRecord, resetSync } from "@logtape/logtape";
import { Disk, type DiskSpace } from "../../../server/limits/disk.ts";
import { DiskError } from "../../../server/storage/disk_errors.ts";
import { assertEquals, assertThrows } from "../../support/assert.ts";

/** A disk as a test wants it, and what was logged of it. */
class Scene implements Disposable {
  space: DiskSpace | Error = { total: 10_000, free: 5_000 };
  readonly disk: Disk;
  readonly #log: LogRecord[] = [];

  constructor(reserve = 1_000) {
    configureSync({
      sinks: { memory: (record) => this.#log.push(record) },
      loggers: [
        { category: "test", sinks: ["memory"] },
        { category: ["logtape", "meta"], sinks: [] },
      ],
    });
    this.disk = new Disk({
      reserve,
      space: () =>
        this.space instanceof Error ? Promise.reject(this.space) : Promise.resolve(this.space),
      log: getLogger("test"),
    });
  }

  /** What was logged since the last call: level and first words. */
  logged(): string[] {
    return this.#log.splice(0).map(({ level, message }) =>
      `${level} ${message.join("").slice(0, 22)}`
    );
  }

  /** Whether `size` bytes are refused. */
  refuses(size: number): boolean {
    try {
      this.disk.check(size);
      return false;
    } catch (error) {
      return error instanceof DiskError && error.code === "disk-full";
    }
  }

  [Symbol.dispose](): void {
    resetSync();
  }
}

Deno.test("disk: what was claimed counts until the next look; the reserve is kept", async () => {
  using scene = new Scene();
  const { disk } = scene;
  await disk.look();
  assertEquals([scene.refuses(4_000), scene.refuses(4_001)], [false, true]);
  disk.claim(3_000);
  assertEquals([scene.refuses(1_000), scene.refuses(1_001)], [false, true]);
  assertThrows(() => disk.claim(1_001), DiskError, "the server's disk is full");
  assertEquals(scene.refuses(1_000), false); // what is refused takes nothing
  scene.space = { total: 10_000, free: 500 };
  await disk.look();
  assertEquals(scene.refuses(1), true);
  scene.space = { total: 10_000, free: 9_000 };
  await disk.look();
  assertEquals(scene.refuses(8_000), false); // without a restart
});

Deno.test("disk: the log tells refusals, faults, and that there is room again", async () => {
  using scene = new Scene();
  const { disk } = scene;
  scene.space = { total: 10_000, free: 0 };
  await disk.look();
  assertEquals(scene.refuses(1), true);
  disk.report(new DiskError("full")); // the same once more
  scene.space = { total: 10_000, free: 5_000 };
  await disk.look();
  const cause = new Error("of the system");
  disk.report(new DiskError("full", { cause }));
  disk.report(new DiskError("damaged", { cause }));
  assertEquals(scene.logged(), [
    "warning Files are refused, to ",
    "info The disk has room for ",
    "warning the server's disk is f",
    "error the server's database ",
  ]);
});

Deno.test("disk: a reserve that is larger than the disk is told at the start", async () => {
  using scene = new Scene(10_000);
  (await scene.disk.start())();
  assertEquals(scene.logged(), ["error No files are taken: th"]);
  assertEquals(scene.refuses(1), true);
});

Deno.test("disk: where the free space is not known, nothing is refused but told", async () => {
  using scene = new Scene();
  scene.space = new Error("not allowed");
  (await scene.disk.start())();
  assertEquals(scene.refuses(1e12), false);
  assertEquals(scene.logged(), ["warning The free space of the "]);
});

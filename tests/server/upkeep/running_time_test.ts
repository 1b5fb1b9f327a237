import { configureSync, getLogger, resetSync } from "@logtape/logtape";
import { DAY } from "../../../server/limits/limits.ts";
import type { TimeMark } from "../../../server/storage/storage.ts";
import { RunningTime } from "../../../server/upkeep/running_time.ts";
import { assertEquals } from "../../support/assert.ts";
import { newToken } from "../../support/server/secure_peer.ts";
import { openUpload } from "../../support/server/secure_uploads.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";

const HOUR = 60 * 60 * 1000;
const YEAR = 365 * DAY;
const START = 1_700_000_000_000;

/** A machine with a clock that can be set, and what its servers keep. */
class Machine implements Disposable {
  /** Milliseconds since the machine has started; whole ones, and a bit more. */
  up = 0.5;
  wall = START;
  mark: TimeMark | undefined;
  readonly warnings: string[] = [];

  constructor() {
    configureSync({
      sinks: { memory: ({ message }) => this.warnings.push(message.join("")) },
      loggers: [
        { category: "test", sinks: ["memory"] },
        { category: ["logtape", "meta"], sinks: [] },
      ],
    });
  }

  readonly parts = {
    storage: {
      timeMark: () => Promise.resolve(this.mark),
      keepTimeMark: (mark: TimeMark) => {
        this.mark = mark;
        return Promise.resolve();
      },
    },
    log: getLogger("test"),
  };

  /** Lets time pass. */
  pass(milliseconds: number): void {
    this.up += milliseconds;
    this.wall += milliseconds;
  }

  /** Starts a server; returns its time, and what stops it in good order. */
  async start(): Promise<{ time: RunningTime; stop: () => Promise<void> }> {
    const time = new RunningTime({ clock: () => this.up, now: () => this.wall });
    return { time, stop: await time.start(this.parts) };
  }

  [Symbol.dispose](): void {
    resetSync();
  }
}

Deno.test("running time: it goes as the system's clock does, over a night's stop too", async () => {
  using machine = new Machine();
  const { time, stop } = await machine.start();
  machine.pass(5 * HOUR);
  assertEquals(time.read(), START + 5 * HOUR);
  await stop();
  machine.pass(12 * HOUR);
  const next = await machine.start();
  assertEquals(next.time.read(), START + 17 * HOUR);
  await next.stop();
  assertEquals(machine.warnings, []);
});

Deno.test("running time: a clock that jumps a year, forth or back, changes nothing", async () => {
  for (const jump of [YEAR, -YEAR]) {
    using machine = new Machine();
    const { time, stop } = await machine.start();
    machine.wall += jump;
    assertEquals(time.read(), START);
    machine.pass(HOUR);
    await time.note(machine.parts);
    assertEquals(time.read(), START + HOUR);
    machine.pass(HOUR);
    await time.note(machine.parts); // told once
    const hours = `The clock of the system has jumped by ${jump / HOUR} hours`;
    assertEquals(machine.warnings.map((line) => line.split(";")[0]), [hours]);
    await stop();
    const next = await machine.start();
    assertEquals(next.time.read(), START + 2 * HOUR);
    await next.stop();
  }
});

Deno.test("running time: one that is a year off at a start counts as a day at most", async () => {
  for (const [jump, counted] of [[YEAR, DAY], [-YEAR, 0]]) {
    using machine = new Machine();
    await (await machine.start()).stop();
    machine.wall += jump;
    const { time, stop } = await machine.start();
    assertEquals([time.read(), machine.warnings.length], [START + counted, 1]);
    machine.pass(3 * DAY);
    assertEquals(time.read(), START + counted + 3 * DAY); // nothing stands still for a year
    await stop();
  }
});

Deno.test("running time: a killed server loses nothing of it", async () => {
  using machine = new Machine();
  const { stop } = await machine.start();
  machine.pass(40 * 60_000);
  const mark = machine.mark;
  await stop();
  machine.mark = mark; // as if it had not
  const next = await machine.start();
  assertEquals(next.time.read(), START + 40 * 60_000);
  await next.stop();
});

for (const [jump, where] of [[YEAR, "forth"], [-YEAR, "back"]] as const) {
  Deno.test(`running time: all outlasts a jump ${where} by a year, and expires later`, async () => {
    let [up, wall] = [0, START];
    const time = new RunningTime({ clock: () => up, now: () => wall });
    await using server = await ServerFixture.start({ now: time.read });
    const { services } = server;
    const stop = await time.start(services);
    const expire = async () => {
      await services.files.expire();
      await services.storage.expireMessages();
      return [server.dump().shared.length, (await alice.poll()).length];
    };
    const alice = await server.secure("alice");
    await openUpload(alice, newToken(), 1000);
    await alice.sendText(alice.who.id, "note");
    wall += jump;
    await time.note(services);
    assertEquals(await expire(), [1, 1]);
    await alice.sendText(alice.who.id, "another");
    up += 8 * DAY;
    assertEquals(await expire(), [0, 2]);
    up += 23 * DAY;
    assertEquals(await expire(), [0, 0]);
    await stop();
  });
}

import { ClientError } from "../../../../client/errors.ts";
import { interruptedText, Interruption } from "../../../../client/cli/terminal/interruption.ts";
import type { Moving } from "../../../../client/cli/terminal/progress.ts";
import { MiB } from "../../../../shared/limits.ts";
import { assertEquals, assertRejects } from "../../../support/assert.ts";

const MOVING: Moving = {
  file: "a",
  done: 45 * MiB,
  size: 120 * MiB,
  rate: null,
  left: null,
  way: "up",
  all: { files: 1, number: 1, done: 45 * MiB, size: 120 * MiB, left: null, unbegun: 0 },
};

/** An interruption whose grace ends when the test says so. */
class Fixture {
  moving: Moving | null = MOVING;
  kills = 0;
  readonly grace = Promise.withResolvers<void>();
  readonly interruption = new Interruption({
    moving: () => this.moving,
    sleep: () => this.grace.promise,
    kill: () => this.kills++,
  });
}

/** What never ends, and does not care. */
const forever = () => new Promise<never>(() => {});

/** What ends as soon as it is stopped. */
const obedient = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(new ClientError("unreachable", "cut")));
  });

Deno.test("interruption: what is not interrupted ends as it ends", async () => {
  const { interruption } = new Fixture();
  assertEquals(await interruption.during(() => Promise.resolve(7)), 7);
  const broken = () => Promise.reject(new ClientError("file", "no"));
  await assertRejects(() => interruption.during(broken), ClientError, "no");
});

Deno.test("interruption: stops what runs, and tells how far it was", async () => {
  const { interruption } = new Fixture();
  const running = interruption.during(obedient);
  interruption.request();
  const error = await assertRejects(() => running, ClientError);
  assertEquals([error.code, error.message], ["interrupted", interruptedText(MOVING)]);
});

Deno.test("interruption: what moves has a moment to end in good order, and no more", async () => {
  const fixture = new Fixture();
  const { interruption } = fixture;
  const running = interruption.during(forever);
  let over = false;
  const watched = running.catch(() => over = true);
  interruption.request();
  await Promise.resolve();
  assertEquals(over, false);
  fixture.grace.resolve();
  await watched;
});

Deno.test("interruption: ends at once when no transfer is under way", async () => {
  for (const moving of [null, { ...MOVING, way: null }]) {
    const fixture = new Fixture();
    fixture.moving = moving;
    const running = fixture.interruption.during(forever);
    fixture.interruption.request();
    await assertRejects(() => running, ClientError, "Interrupted");
  }
});

Deno.test("interruption: what ends well all the same has ended well", async () => {
  const { interruption } = new Fixture();
  const running = interruption.during((signal) =>
    new Promise((resolve) => signal.addEventListener("abort", () => resolve("done")))
  );
  interruption.request();
  assertEquals(await running, "done");
});

Deno.test("interruption: a second request kills, and so does one where nothing runs", async () => {
  const fixture = new Fixture();
  const { interruption } = fixture;
  interruption.request();
  assertEquals(fixture.kills, 1);
  const running = interruption.during(forever);
  interruption.request();
  assertEquals(fixture.kills, 1);
  interruption.request();
  assertEquals(fixture.kills, 2);
  fixture.grace.resolve();
  await assertRejects(() => running, ClientError);
  interruption.request();
  assertEquals(fixture.kills, 3);
  assertEquals(await interruption.during(() => Promise.resolve("next")), "next");
});

Deno.test("interruption: says how it goes on", () => {
  assertEquals(interruptedText(null), "Interrupted.");
  const done = "Interrupted: 45 of 120 MiB are done. ";
  assertEquals(
    interruptedText(MOVING),
    `${done}It goes on with the next messaging-client receive, or send-file of the same file.`,
  );
  const down = interruptedText({ ...MOVING, way: "down" });
  assertEquals(down, `${done}It goes on with the next messaging-client receive.`);
  const classic = interruptedText({ ...MOVING, way: null });
  assertEquals(
    classic,
    `${done}This file starts again with the next messaging-client receive or send-file.`,
  );
  const several = interruptedText({ ...MOVING, all: { ...MOVING.all, unbegun: 2 } });
  assertEquals(several, `${interruptedText(MOVING)} 2 files were not started; send them again.`);
});

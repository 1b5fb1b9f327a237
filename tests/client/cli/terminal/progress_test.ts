import {
  type Moving,
  Progress,
  type ProgressView,
} from "../../../../client/cli/terminal/progress.ts";
import { ProgressLines } from "../../../../client/cli/terminal/progress_lines.ts";
import { MiB } from "../../../../shared/limits.ts";
import { assert, assertEquals } from "../../../support/assert.ts";

/** A clock that stands still until it is set, in milliseconds. */
class Clock {
  at = 5000;
  readonly now = () => this.at;
}

class View implements ProgressView {
  readonly shown: Moving[] = [];
  cleared = 0;
  ended = 0;
  show(moving: Moving): void {
    this.shown.push(moving);
  }
  clear(): void {
    this.cleared++;
  }
  end(): void {
    this.ended++;
  }
  get last(): Moving {
    return this.shown[this.shown.length - 1];
  }
}

const file = (number: number, direction: "up" | "down" = "up") => ({
  number,
  name: `file ${number}`,
  direction,
});

Deno.test("progress: tells the rate and the time left of a file", () => {
  const clock = new Clock();
  const view = new View();
  const progress = new Progress({ view, now: clock.now });
  progress.update(0, 100 * MiB, file(1));
  assertEquals(view.last, {
    file: "file 1",
    done: 0,
    size: 100 * MiB,
    rate: null,
    left: null,
    way: "up",
    all: { files: 1, number: 1, done: 0, size: 100 * MiB, left: null, unbegun: 0 },
  });
  for (let second = 1; second <= 4; second++) {
    clock.at += 1000;
    progress.update(second * 10 * MiB, 100 * MiB, file(1));
  }
  const { done, rate, left } = view.last;
  assertEquals([done, rate, left], [40 * MiB, 10 * MiB, 6]);
});

Deno.test("progress: what was done in an earlier run counts as done, not as fast", () => {
  const clock = new Clock();
  const view = new View();
  const progress = new Progress({ view, now: clock.now });
  progress.update(50 * MiB, 100 * MiB, file(1, "down"));
  clock.at += 1000;
  progress.update(60 * MiB, 100 * MiB, file(1, "down"));
  assertEquals([view.last.rate, view.last.left, view.last.way], [10 * MiB, 4, "down"]);
});

Deno.test("progress: of several files, each and all", () => {
  const clock = new Clock();
  const view = new View();
  const progress = new Progress({ view, now: clock.now });
  const sizes = [10 * MiB, 30 * MiB];
  let sent = 0;
  progress.expect(() => {
    const left = sizes.slice(sent);
    return { files: left.length, size: left.reduce((sum, size) => sum + size), unbegun: 1 - sent };
  });
  progress.update(0, sizes[0], file(1));
  clock.at += 1000;
  progress.update(10 * MiB, sizes[0], file(1));
  let { all } = view.last;
  assertEquals(all, { files: 2, number: 1, done: 10 * MiB, size: 40 * MiB, left: 3, unbegun: 1 });
  sent = 1;
  progress.update(0, sizes[1], file(2));
  clock.at += 1000;
  progress.update(10 * MiB, sizes[1], file(2));
  const { file: name, rate, left } = view.last;
  assertEquals([name, rate, left], ["file 2", 10 * MiB, 2]);
  all = view.last.all;
  assertEquals(all, { files: 2, number: 2, done: 20 * MiB, size: 40 * MiB, left: 2, unbegun: 0 });
});

Deno.test("progress: files that come with a message have no name, and begin anew", () => {
  const view = new View();
  const progress = new Progress({ view, now: () => 0 });
  progress.update(MiB, 2 * MiB);
  assertEquals([view.last.file, view.last.way], [null, null]);
  progress.update(2 * MiB, 2 * MiB);
  progress.update(MiB, 2 * MiB);
  assertEquals([view.last.done, view.last.all.number, view.last.all.done], [MiB, 1, MiB]);
});

Deno.test("progress: what comes after a long silence is measured by itself", () => {
  const clock = new Clock();
  const view = new View();
  const progress = new Progress({ view, now: clock.now });
  for (const number of [1, 2]) {
    for (let done = 0; done <= 10; done++) {
      progress.update(done * MiB, 10 * MiB, file(number));
      clock.at += 100;
      if (done === 5) assertEquals(view.last.rate, 10 * MiB);
    }
    assertEquals([view.last.rate, view.last.all.number], [10 * MiB, 1]);
    clock.at += 3_600_000;
  }
});

Deno.test("progress: what moves is known to whoever breaks it off, until it is through", () => {
  const progress = new Progress({ view: null, now: () => 0 });
  assertEquals(progress.moving, null);
  progress.update(100, 1000, file(1));
  assertEquals(progress.moving?.done, 100);
  progress.update(1000, 1000, file(1));
  assertEquals(progress.moving, null);
  progress.update(1, 1000, file(2));
  progress.stop();
  assertEquals(progress.moving, null);
});

Deno.test("progress: small files are not worth showing, many of them are", () => {
  const view = new View();
  const progress = new Progress({ view, now: () => 0 });
  progress.update(100, MiB - 1, file(1));
  assertEquals(view.shown.length, 0);
  progress.stop();
  progress.expect(() => ({ files: 100, size: 100 * 1000 * 1000 }));
  progress.update(100, 1000 * 1000, file(2));
  assertEquals([view.shown.length, view.last.all.files], [1, 100]);
});

Deno.test("progress: small files that take long are shown, by their count", () => {
  const clock = new Clock();
  const view = new View();
  const progress = new Progress({ view, now: clock.now });
  let left = 1000;
  progress.expect(() => ({ files: left, size: left * 500 }));
  for (let number = 1; number <= 8; number++) {
    progress.update(0, 500, file(number));
    clock.at += 200;
    progress.update(500, 500, file(number));
    left--;
  }
  assertEquals([view.shown[0].all.number, view.shown[0].all.files], [5, 1000]);
  assertEquals([view.last.all.number, view.last.all.done], [8, 4000]);
});

Deno.test("progress: a small file of which nothing is heard for a second is shown", () => {
  const clock = new Clock();
  const view = new View();
  const timers = new Set<() => void>();
  const progress = new Progress({
    ...{ view, now: clock.now },
    later(milliseconds, then) {
      assertEquals(milliseconds, 1000);
      timers.add(then);
      return () => timers.delete(then);
    },
  });
  const pass = () => {
    clock.at += 1000;
    for (const then of timers) then();
    timers.clear();
  };
  progress.update(0, 500, file(1));
  progress.update(500, 500, file(1));
  pass();
  assertEquals(view.shown, [], "it was fast");
  progress.update(0, 500, file(2));
  pass();
  assertEquals([view.shown.length, view.last.file, view.last.done], [1, "file 2", 0]);
  progress.update(500, 500, file(2));
  assertEquals([view.shown.length, view.last.done, timers.size], [2, 500, 0]);
  progress.update(0, 500, file(3));
  progress.stop();
  assertEquals(timers.size, 0);
});

/** The objects that were written, with the time of each. */
class Lines {
  readonly clock = new Clock();
  readonly written: { at: number; progress: Record<string, unknown> }[] = [];
  readonly progress = new Progress({
    view: new ProgressLines((progress) => {
      this.written.push({ at: this.clock.at, progress: { ...progress } });
    }),
    now: this.clock.now,
  });
}

Deno.test("progress lines: at most twice a second, and the last one at the end", () => {
  const { clock, written, progress } = new Lines();
  for (let step = 0; step <= 250; step++) {
    progress.update(step * MiB, 250 * MiB, file(1));
    clock.at += 13;
  }
  for (const [i, { at }] of written.entries()) {
    if (i > 0) assert(at - written[i - 1].at >= 500, String(at));
  }
  assert(written.length >= 6, String(written.length));
  assert(written.every(({ progress }) => progress.done !== 250 * MiB), "the last one came early");
  progress.stop();
  const last = written[written.length - 1].progress;
  assertEquals(Object.keys(last), ["file", "done", "size", "rate", "left"]);
  assertEquals([last.file, last.done, last.size, last.left], ["file 1", 250 * MiB, 250 * MiB, 0]);
  assert(Math.abs(last.rate as number - MiB / 0.013) < 2, String(last.rate));
  const count = written.length;
  progress.stop();
  assertEquals(written.length, count, "it came twice");
});

Deno.test("progress lines: many files are not told of more often than one", () => {
  const { clock, written, progress } = new Lines();
  for (let number = 1; number <= 100; number++) {
    progress.update(2 * MiB, 2 * MiB, file(number));
    progress.clear();
    clock.at += 10;
  }
  progress.stop();
  assertEquals(written.map(({ progress }) => progress.file), ["file 1", "file 51", "file 100"]);
});

Deno.test("progress lines: what is not known is null, and a broken-off file has a last one", () => {
  const { written, progress } = new Lines();
  progress.update(MiB, 3 * MiB, file(1));
  progress.update(2 * MiB, 3 * MiB, file(1));
  progress.stop();
  const expected = { file: "file 1", size: 3 * MiB, rate: null, left: null };
  const told = written.map(({ progress }) => progress);
  assertEquals(told, [{ ...expected, done: MiB }, { ...expected, done: 2 * MiB }]);
});

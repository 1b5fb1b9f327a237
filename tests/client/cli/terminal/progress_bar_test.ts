import {
  barLines,
  durationText,
  ProgressBar,
} from "../../../../client/cli/terminal/progress_bar.ts";
import { type Moving, Progress } from "../../../../client/cli/terminal/progress.ts";
import { MiB } from "../../../../shared/limits.ts";
import { assert, assertEquals } from "../../../support/assert.ts";

const ONE: Moving = {
  file: "a.pdf",
  done: 45 * MiB,
  size: 120 * MiB,
  rate: 12.34 * MiB,
  left: 7,
  way: "up",
  all: { files: 1, number: 1, done: 45 * MiB, size: 120 * MiB, left: 7, unbegun: 0 },
};
const TWO: Moving = {
  ...ONE,
  all: { files: 2, number: 2, done: 100 * MiB, size: 200 * MiB, left: 60, unbegun: 0 },
};

/** How a terminal of this project's needs shows what is written to it. */
class Screen {
  lines: string[] = [""];
  row = 0;
  writes = 0;
  constructor(readonly width = 80) {}
  columns = () => this.width;
  write = (text: string) => {
    this.writes++;
    // deno-lint-ignore no-control-regex
    for (const part of text.match(/\x1b\[\??\d*[a-zA-Z]|[\r\n]|[^\x1b\r\n]+/g) ?? []) {
      if (part === "\x1b[J") this.lines = [...this.lines.slice(0, this.row), ""];
      else if (part === "\x1b[A") this.row--;
      else if (part === "\n") this.lines[++this.row] ??= "";
      else if (!part.startsWith("\x1b") && part !== "\r") this.lines[this.row] += part;
    }
  };
}

Deno.test("progress bar: one line for a file, another one for all", () => {
  const bar = "█".repeat(8) + "░".repeat(13);
  assertEquals(barLines(ONE, 80), [`a.pdf        ${bar}  37 % of 120 MiB, 12.3 MiB/s, 0:07 left`]);
  const half = "█".repeat(11) + "░".repeat(10);
  assertEquals(barLines(TWO, 80)[1], `2 of 2 files ${half}  50 % of 200 MiB, 1:00 left`);
});

Deno.test("progress bar: what is not known yet is left out", () => {
  const [line] = barLines({ ...ONE, rate: null, left: null, file: null }, 80);
  assert(/^file {9}█+░+ {2}37 % of 120 MiB$/.test(line), line);
});

Deno.test("progress bar: fits a line, also of a narrow terminal, whatever the name", () => {
  const file = "a very long name of a file that has a lot to say.tar.gz";
  const largest = { ...ONE, file, done: 1023.9 * MiB, size: 1023.9 * MiB, rate: 1023.9 * MiB };
  for (const columns of [80, 100, 300]) {
    for (const line of barLines({ ...largest, left: 99 * 3600 }, columns)) {
      assert([...line].length < columns, line);
      assert(columns < 100 || line.includes("█"), line);
    }
  }
  const [narrow] = barLines(ONE, 40);
  assertEquals(narrow, "a.pdf  37 % of 120 MiB, 12.3 MiB/s, 0:07 left");
});

Deno.test("progress bar: a hostile name does not steer the terminal", () => {
  const [line, ...more] = barLines({ ...ONE, file: "a\x1b[2J\nb" }, 80);
  assert(line.startsWith("a\ufffd[2J\ufffdb "), line);
  assertEquals(more, []);
});

Deno.test("progress bar: is drawn over itself, and taken away before other lines", () => {
  const screen = new Screen();
  const bar = new ProgressBar(screen);
  bar.show(TWO, 0);
  bar.show({ ...TWO, done: 60 * MiB }, 100);
  assertEquals([screen.lines.length, screen.row], [2, 0]);
  assert(screen.lines[0].includes(" 50 % of 120 MiB"), screen.lines[0]);
  assert(screen.lines[1].startsWith("2 of 2 files"), screen.lines[1]);
  bar.clear();
  assertEquals([screen.lines, screen.row], [[""], 0]);
  const { writes } = screen;
  bar.clear();
  bar.end();
  assertEquals(screen.writes, writes);
  bar.show(ONE, 200);
  assertEquals(screen.lines.length, 1);
});

Deno.test("progress bar: ten times a second are enough, but the end is shown", () => {
  const screen = new Screen();
  let at = 0;
  const progress = new Progress({ view: new ProgressBar(screen), now: () => at });
  for (let done = 1; done < 1000; done++) {
    progress.update(done * MiB, 1000 * MiB, { number: 1, name: "a", direction: "up" });
    at += 1;
  }
  assertEquals(screen.writes, 10);
  progress.update(1000 * MiB, 1000 * MiB, { number: 1, name: "a", direction: "up" });
  assert(screen.lines[0].includes("100 % of 1000 MiB"), screen.lines[0]);
  progress.stop();
  assertEquals(screen.lines, [""]);
});

Deno.test("progress bar: times as people write them", () => {
  const texts = [0, 7, 60, 3599, 3600, 36_061].map((seconds) => durationText(seconds));
  assertEquals(texts, ["0:00", "0:07", "1:00", "59:59", "1:00:00", "10:01:01"]);
});

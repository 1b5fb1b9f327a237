import { assert, assertEquals } from "../../../support/assert.ts";
import { chatMessage } from "../../../support/chat/message.ts";
import type { Face, Line } from "../../../../client/tui/lines/message_lines.ts";
import { revealed, scrolled, windowLines } from "../../../../client/tui/lines/window.ts";

const FACE: Face = {
  width: 40,
  name: "bob",
  firstNew: null,
  progressOf: () => null,
  textOf: () => null,
};
/** Message N has N % 3 + 1 lines, the first of all the day above it. */
const MESSAGES = Array.from(
  { length: 60 },
  (_, number) =>
    chatMessage({ number, text: Array(number % 3 + 1).fill(`text ${number}`).join("\n") }),
);
const HEIGHT = 10;

const keysOf = (lines: readonly Line[]) => lines.map(({ key }) => key);
const all = keysOf(windowLines(MESSAGES, null, 1000, FACE));

Deno.test("window: without an anchor it ends with the newest message", () => {
  assertEquals(keysOf(windowLines(MESSAGES, null, HEIGHT, FACE)), all.slice(-HEIGHT));
});

Deno.test("window: scrolls line by line to both ends, and no further", () => {
  let anchor = null;
  for (let up = 1; up <= all.length + 5; up++) {
    anchor = scrolled(MESSAGES, anchor, -1, HEIGHT, FACE);
    const end = Math.max(HEIGHT, all.length - up);
    const shown = keysOf(windowLines(MESSAGES, anchor, HEIGHT, FACE));
    assertEquals(shown, all.slice(end - HEIGHT, end), `${up} lines up`);
  }
  for (let down = 1; down <= all.length; down++) {
    anchor = scrolled(MESSAGES, anchor, 1, HEIGHT, FACE);
    const end = Math.min(all.length, HEIGHT + down);
    const shown = keysOf(windowLines(MESSAGES, anchor, HEIGHT, FACE));
    assertEquals(shown, all.slice(end - HEIGHT, end), `${down} lines down`);
  }
  assertEquals(anchor, null);
});

Deno.test("window: scrolls by pages", () => {
  const up = scrolled(MESSAGES, null, -25, HEIGHT, FACE);
  assertEquals(keysOf(windowLines(MESSAGES, up, HEIGHT, FACE)), all.slice(-25 - HEIGHT, -25));
  assertEquals(scrolled(MESSAGES, up, 26, HEIGHT, FACE), null);
  const top = scrolled(MESSAGES, null, -1000, HEIGHT, FACE);
  assertEquals(keysOf(windowLines(MESSAGES, top, HEIGHT, FACE)), all.slice(0, HEIGHT));
});

Deno.test("window: every message can be brought into it, as a whole", () => {
  for (const start of [null, { number: 30, below: 0 }, { number: 4, below: 0 }]) {
    for (const { number } of MESSAGES) {
      const anchor = revealed(MESSAGES, start, number, HEIGHT, FACE);
      const shown = windowLines(MESSAGES, anchor, HEIGHT, FACE);
      const lines = shown.filter((line) => line.number === number).length;
      assertEquals(lines, number % 3 + 1, `${number} from ${start?.number}`);
      assertEquals(shown.length, HEIGHT);
    }
  }
});

Deno.test("window: a message that is longer than it shows its start", () => {
  const long = chatMessage({ number: 70, text: Array(50).fill("line").join("\n") });
  const messages = [...MESSAGES, long, chatMessage({ number: 71, text: "after" })];
  const anchor = revealed(messages, null, 70, HEIGHT, FACE);
  const shown = windowLines(messages, anchor, HEIGHT, FACE);
  assert(shown.filter(({ number }) => number === 70).length >= HEIGHT - 1);
});

import { type Item, Notifier, sequenceFor } from "../../../../client/cli/terminal/notifier.ts";
import type { Way } from "../../../../client/cli/terminal/notifying.ts";
import { assert, assertEquals } from "../../../support/assert.ts";

const text = (text: string, more = {}): Item => ({
  ...{ message: 1, from: { id: "00", name: "alice" }, type: "text", text, ...more },
});

/** A notifier whose command runs until it is told to go on, and what came of it. */
function open({ code = 0, way }: { code?: number; way?: Way } = {}) {
  const inputs: string[] = [];
  const written: string[] = [];
  const errors: string[] = [];
  let most = 0;
  let now = 0;
  let go = Promise.resolve();
  const notifier = new Notifier({
    ...{ command: "command", way, write: (text) => written.push(text) },
    showError: (error) => errors.push((error as Error).message),
    async run(_command, input) {
      inputs.push(input);
      most = Math.max(most, ++now);
      await go;
      now--;
      return code;
    },
  });
  const hold = () => {
    const held = Promise.withResolvers<void>();
    go = held.promise;
    return () => held.resolve();
  };
  return { notifier, inputs, written, errors, hold, most: () => most };
}

Deno.test("notifier: the command runs for one message after the other, in order", async () => {
  const { notifier, inputs, most, errors } = open();
  for (let number = 0; number < 5; number++) notifier.hear(text(`text\n${number}`));
  await notifier.finish();
  const expected = [0, 1, 2, 3, 4].map((number) => `${JSON.stringify(text(`text\n${number}`))}\n`);
  assertEquals(inputs, expected);
  assertEquals([most(), errors], [1, []]);
  notifier.hear(text("later"));
  await notifier.finish();
  assertEquals(inputs.length, 6);
});

Deno.test("notifier: what is no message, or is of someone muted, is not told of", async () => {
  const { notifier, inputs, written } = open({ way: "bell" });
  for (const type of ["key", "key-request", "notice", "unusable", "declined"]) {
    notifier.hear(text("x", { type }));
  }
  notifier.hear(text("x", { muted: true }));
  notifier.hear({ number: 1, peer: {} });
  await notifier.finish();
  assertEquals([inputs, written], [[], []]);
  notifier.hear(text("x", { type: "announced", muted: false }));
  await notifier.finish();
  assertEquals([inputs.length, written], [1, ["\x07"]]);
});

Deno.test("notifier: a command that fails, or is too slow, is told of once", async () => {
  const { notifier, inputs, errors, hold } = open({ code: 3 });
  const go = hold();
  for (let number = 0; number < 200; number++) notifier.hear(text(String(number)));
  go();
  await notifier.finish();
  assertEquals(inputs.length, 101); // one runs, a hundred wait
  assertEquals(errors, [
    "the command of --on-message is too slow: it is not run for every message",
    "the command of --on-message ended with exit code 3",
  ]);
});

Deno.test("notifier: nobody can put a sequence of his own into a notification", () => {
  const evil = "a\x1b]0;title\x07b\x9c\n;c\u202e";
  const osc9 = sequenceFor("osc9", text(evil, { from: { name: "4;1;50" } }));
  assertEquals(osc9, "\x1b]9;From 4,1,50: a\ufffd]0,title\ufffdb\ufffd\ufffd,c\ufffd\x07");
  const osc777 = sequenceFor("osc777", text(evil, { from: { name: evil } }));
  // deno-lint-ignore no-control-regex
  assert(/^\x1b\]777;notify;[^;\x00-\x1f\x7f-\x9f]+;[^;\x00-\x1f\x7f-\x9f]+\x07$/.test(osc777));
  const file = { type: "file", from: { name: "alice" }, name: "a.pdf" };
  assertEquals(sequenceFor("osc9", file), "\x1b]9;From alice: a.pdf\x07");
  assertEquals(sequenceFor("osc9", text("x".repeat(500))).length, 120 + 17);
  assertEquals(sequenceFor("off", file), "");
});

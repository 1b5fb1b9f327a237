import { FrameWriter } from "../../../server/wire/frame_writer.ts";
import { fromUtf8, utf8 } from "../../../shared/bytes.ts";
import { assertEquals, assertRejects } from "../../support/assert.ts";
import { settled } from "../../support/pieces.ts";

/** A sink that notes what it gets, and is done at once. */
function notes() {
  const got: string[] = [];
  const sink = {
    write(bytes: Uint8Array): Promise<void> {
      got.push(fromUtf8(bytes));
      return Promise.resolve();
    },
  };
  return { got, sink };
}

Deno.test("frame writer: nothing comes between the pieces of one frame", async () => {
  const { got, sink } = notes();
  const writer = new FrameWriter(sink);
  const go = Promise.withResolvers<void>();
  const all = [
    writer.write(utf8("a")),
    writer.exclusive(async (sink) => {
      await sink.write(utf8("b1"));
      await go.promise;
      await sink.write(utf8("b2"));
    }),
    writer.write(utf8("c")),
    writer.exclusive(async (sink) => {
      await sink.write(utf8("d1"));
      await settled();
      await sink.write(utf8("d2"));
    }),
    writer.write(utf8("e")),
  ];
  await settled();
  assertEquals(got, ["a", "b1"]);
  go.resolve();
  await Promise.all(all);
  assertEquals(got, ["a", "b1", "b2", "c", "d1", "d2", "e"]);
});

Deno.test("frame writer: nobody who comes late overtakes who has waited", async () => {
  // Whatever the number of turns between the end of the long frame and the late one.
  for (let turns = 0; turns < 12; turns++) {
    const { got, sink } = notes();
    const writer = new FrameWriter(sink);
    const go = Promise.withResolvers<void>();
    const long = writer.exclusive(() => go.promise);
    const waiting = writer.write(utf8("waiting"));
    const late = (async () => {
      await go.promise;
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await writer.write(utf8("late"));
    })();
    go.resolve();
    await Promise.all([long, waiting, late]);
    assertEquals(got, ["waiting", "late"], `after ${turns} turns`);
  }
});

Deno.test("frame writer: a failure is its own, and the next goes on", async () => {
  const { got, sink } = notes();
  const writer = new FrameWriter(sink);
  const failing = writer.exclusive(async () => {
    await settled();
    throw new Error("no disk");
  });
  const next = writer.write(utf8("next"));
  await assertRejects(() => failing, Error, "no disk");
  await next;
  assertEquals(got, ["next"]);
});

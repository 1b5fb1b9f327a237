import { concat } from "../../shared/bytes.ts";
import { writeAll } from "../../shared/io.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { sampleBytes } from "../support/pieces.ts";

Deno.test("writeAll: writes on until a writer that takes parts has taken all", async () => {
  for (const most of [1, 3, 99, 100, 1000]) {
    const taken: Uint8Array[] = [];
    const writer = {
      write(bytes: Uint8Array): Promise<number> {
        const count = Math.min(most, bytes.length);
        taken.push(bytes.slice(0, count));
        return Promise.resolve(count);
      },
    };
    await writeAll(writer, sampleBytes(100));
    assertEquals(concat(...taken), sampleBytes(100));
    assertEquals(taken.length, Math.ceil(100 / most));
  }
});

Deno.test("writeAll: does not write nothing", async () => {
  const writer = { write: () => Promise.reject(new Error("written")) };
  assertEquals(await writeAll(writer, new Uint8Array(0)), undefined);
});

Deno.test("writeAll: a failure in the middle ends it", async () => {
  let calls = 0;
  const writer = {
    write: () => ++calls < 3 ? Promise.resolve(1) : Promise.reject(new RangeError("full")),
  };
  await assertRejects(() => writeAll(writer, sampleBytes(10)), RangeError, "full");
  assertEquals(calls, 3);
});

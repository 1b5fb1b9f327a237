import { watchLoop } from "../../../server/admin/loop_delay.ts";
import { assertEquals } from "../../support/assert.ts";
import { FakeClock } from "../../support/server/server_fixture.ts";
import { until } from "../../support/until.ts";

Deno.test("loop delay: how late the timer fires, and never less than nothing", async () => {
  const clock = new FakeClock();
  const delays: number[] = [];
  const stop = watchLoop(clock.read, (milliseconds) => delays.push(milliseconds));
  for (const passed of [100, 450, 30]) {
    const before = delays.length;
    clock.now += passed;
    await until("the timer fires", () => delays.length > before);
    assertEquals(delays[before], Math.max(0, passed - 100));
  }
  stop();
});

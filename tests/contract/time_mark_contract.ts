/** The part of the storage contract that is about where the time of the server stood. */
import { assertEquals } from "../support/assert.ts";
import { contractTest, type Engine } from "./storage_contract.ts";

export function timeMarkContract(engine: Engine): void {
  contractTest(engine, "the last mark of the time is kept", async (subject) => {
    assertEquals(await subject.storage.timeMark(), undefined);
    for (const mark of [{ running: 5, wall: 1.8e12 }, { running: 1.7e12, wall: -3 }]) {
      await subject.storage.keepTimeMark(mark);
      await subject.reopen();
      const { running, wall } = (await subject.storage.timeMark())!;
      assertEquals({ running, wall }, mark);
    }
  });
}

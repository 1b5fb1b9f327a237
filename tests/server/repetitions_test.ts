import type { LogRecord } from "@logtape/logtape";
import { Repetitions } from "../../server/repetitions.ts";
import { assert, assertEquals } from "../support/assert.ts";

function record(text: string, value = 0, level: LogRecord["level"] = "info"): LogRecord {
  const category = ["messaging-server"];
  const properties = { value };
  return { category, level, rawMessage: text, message: [text], timestamp: value, properties };
}

/** The lines so far, each as its text and properties. */
function lines() {
  const written: string[] = [];
  const log = new Repetitions(({ message, properties }) => {
    written.push(`${message.join("")} ${JSON.stringify(properties)}`);
  });
  return { log, written };
}

Deno.test("repetitions: the first is written at once, the others as one line at the end", () => {
  const { log, written } = lines();
  for (let i = 0; i < 1000; i++) log.add(record("refused", i));
  assertEquals(written, ['refused {"value":0}']);
  log.endInterval();
  assertEquals(written.slice(1), ['refused; 999 times since {"value":999,"repeated":999}']);
});

Deno.test("repetitions: one that came but twice is written as it is", () => {
  const { log, written } = lines();
  log.add(record("refused", 1));
  log.add(record("refused", 2));
  log.endInterval();
  assertEquals(written, ['refused {"value":1}', 'refused {"value":2}']);
});

Deno.test("repetitions: what goes on is one line in each interval, until it has paused", () => {
  const { log, written } = lines();
  for (let interval = 0; interval < 5; interval++) {
    for (let i = 0; i < 10; i++) log.add(record("refused"));
    log.endInterval();
  }
  assertEquals(written.length, 1 + 5);
  log.endInterval(); // one without any
  log.endInterval();
  assertEquals(written.length, 1 + 5);
  log.add(record("refused"));
  assertEquals(written.length, 1 + 5 + 1);
});

Deno.test("repetitions: kinds are told apart by template and level", () => {
  const { log, written } = lines();
  log.add(record("a"));
  log.add(record("b"));
  log.add(record("a", 0, "error"));
  assertEquals(written.length, 3);
});

Deno.test("repetitions: texts that are all different cannot grow the memory, or the lines", () => {
  const { log, written } = lines();
  for (let i = 0; i < 100_000; i++) log.add(record(`text ${i}`));
  assert(written.length < 300, `${written.length} lines`);
  log.endInterval();
  assert(written.length < 300, `${written.length} lines`);
});

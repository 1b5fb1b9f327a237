import { Deadlines } from "../../../server/connections/deadlines.ts";
import { assertEquals } from "../../support/assert.ts";
import { FakeClock } from "../../support/server/server_fixture.ts";

Deno.test("deadlines: each expires once, when its time has come", () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock.read);
  const expired: string[] = [];
  const add = (name: string) => deadlines.add(() => expired.push(name));
  const [a, b] = [add("a"), add("b")];
  add("never set");
  deadlines.extend(a, 100);
  deadlines.extend(b, 200);
  clock.now = 99;
  deadlines.sweep();
  assertEquals(expired, []);
  clock.now = 100;
  deadlines.sweep();
  assertEquals(expired, ["a"]);
  clock.now = 1000;
  deadlines.sweep();
  deadlines.sweep();
  assertEquals(expired, ["a", "b"]);
});

Deno.test("deadlines: extended and removed ones do not expire", () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock.read);
  const expired: string[] = [];
  const [a, b] = [deadlines.add(() => expired.push("a")), deadlines.add(() => expired.push("b"))];
  deadlines.extend(a, 100);
  deadlines.extend(b, 100);
  clock.now = 50;
  deadlines.extend(a, 100);
  deadlines.remove(b);
  clock.now = 149;
  deadlines.sweep();
  assertEquals(expired, []);
  deadlines.extend(a, 0); // also nearer than before
  deadlines.sweep();
  assertEquals(expired, ["a"]);
});

Deno.test("deadlines: one that removes another while they expire", () => {
  const deadlines = new Deadlines(() => 1);
  const expired: string[] = [];
  const a = deadlines.add(() => {
    expired.push("a");
    deadlines.remove(b);
  });
  const b = deadlines.add(() => expired.push("b"));
  for (const deadline of [a, b]) deadlines.extend(deadline, 0);
  deadlines.sweep();
  assertEquals(expired, ["a"]);
});

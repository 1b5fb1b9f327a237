import { assertEquals } from "../support/assert.ts";
import { type GroupResult, medianOf, type Result, type Row } from "./measure.ts";
import { recordsOf, tableOf } from "./table.ts";

function result(row: Partial<Row>, values: number[], busy?: number): Result {
  return {
    row: { name: "name", title: "Title", unit: "/s", ...row },
    values,
    median: medianOf(values),
    min: Math.min(...values),
    max: Math.max(...values),
    busy,
  };
}

const group: GroupResult = {
  title: "Group",
  results: [
    result({ name: "limit", title: "Limit" }, [9000, 10_000, 12_000]),
    result({ name: "other", title: "Other limit", unit: "MB/s" }, [50_000, 50_001, 50_002], 0.5),
    result(
      {
        name: "rate",
        title: "Rate",
        limits: ["limit", "other"],
        original: 500,
        goal: { atLeast: 5001 },
      },
      [4000, 6000, 5000],
      0.95,
    ),
    result({ name: "time", title: "Time", unit: "ms", goal: { atMost: 2.5 } }, [2.5, 1.25, 12]),
  ],
};

Deno.test("bench: the median is the middle, or the mean of the two in the middle", () => {
  assertEquals(medianOf([3]), 3);
  assertEquals(medianOf([30, 4, 5]), 5);
  assertEquals(medianOf([10, 1, 9, 2]), 5.5);
});

Deno.test("bench: the table shows each row beside its limit, its original and its goal", () => {
  const [heading, , title, ...lines] = tableOf([group]);
  const cells = (line: string) => line.trim().split(/ {2,}/);
  assertEquals(cells(heading), [
    "median",
    "min – max",
    "of limit",
    "original",
    "goal",
    "load",
    "at most",
  ]);
  assertEquals(title, "Group, 3 rounds");
  assertEquals(lines.slice(0, 4).map(cells), [
    ["Limit", "10,000", "9,000 – 12,000", "/s"],
    ["Other limit", "50,001", "50,000 – 50,002", "MB/s", "50 %", "100,002"],
    ["Rate", "5,000", "4,000 – 6,000", "/s", "50 %", "10.0 ×", "missed", "95 %", "5,263", "*"],
    ["Time", "2.50", "1.25 – 12.0", "ms", "met"],
  ]);
  assertEquals(lines.at(-1)?.startsWith("*"), true);
});

Deno.test("bench: JSON says the same, one object a row", () => {
  const [limit, , rate, time] = recordsOf([group]);
  assertEquals(limit, {
    name: "limit",
    group: "Group",
    title: "Limit",
    unit: "/s",
    median: 10_000,
    min: 9000,
    max: 12_000,
    rounds: [9000, 10_000, 12_000],
  });
  assertEquals([rate.limit, rate.ofLimit, rate.timesOriginal], [10_000, 0.5, 10]);
  assertEquals([rate.met, rate.load, rate.heldDownByLoad], [false, 0.95, true]);
  assertEquals([time.goal, time.met, time.load], [{ atMost: 2.5 }, true, undefined]);
});

Deno.test("bench: what needs no column has none, and a peer heads its own", () => {
  const only = { title: "Group", results: [result({ name: "limit" }, [2]), group.results[3]] };
  const beside = { heading: "of peer", note: "share of the peer" };
  assertEquals(tableOf([only])[0].trim().split(/ {2,}/), ["median", "min – max", "goal"]);
  const lines = tableOf([{ ...group, results: group.results.slice(0, 3) }], beside);
  assertEquals(lines[0].includes("of limit"), false);
  assertEquals(lines[0].includes("of peer"), true);
  assertEquals(lines.some((line) => line.startsWith("of peer:  share of the peer")), true);
});

Deno.test("bench: a goal may be a figure, or a share of a limit that is too low for it", () => {
  const goal = { atLeast: 350, orOfLimit: 0.6 };
  const isMet = (median: number, limit: number) =>
    recordsOf([{
      title: "",
      results: [result({ name: "disk" }, [limit]), result({ limits: ["disk"], goal }, [median])],
    }])[1].met;
  assertEquals([isMet(350, 1000), isMet(349, 1000)], [true, false]);
  assertEquals([isMet(120, 200), isMet(119, 200)], [true, false]);
});

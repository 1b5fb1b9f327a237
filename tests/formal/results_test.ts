import { assertEquals, assertThrows } from "../support/assert.ts";
import { outcomesOf, readModel } from "./results.ts";

const MODEL = `(* after primitives.pvl x25519.pvl *)
(* expect secret: true *)
query attacker(s).
(* expect run-ends: false *)
query event(end).
`;

const RESULTS = (first: string, second: string) => `
-- Query not attacker(s[]) in process 0.
RESULT not attacker(s[]) ${first}
RESULT (even event(a) ==> event(b) is false.)
RESULT not event(end) ${second}
Verification summary:
Query not attacker(s[]) is true.
`;

Deno.test("a model names its libraries, and what it expects of each query", () => {
  assertEquals(readModel(MODEL), {
    libraries: ["primitives.pvl", "x25519.pvl"],
    expectations: [{ name: "secret", holds: true }, { name: "run-ends", holds: false }],
  });
});

Deno.test("the results belong to the queries in their order", () => {
  const outcomes = outcomesOf(readModel(MODEL), RESULTS("is true.", "is false."));
  assertEquals(outcomes, [
    { name: "secret", expected: "true", found: "true" },
    { name: "run-ends", expected: "false", found: "false" },
  ]);
});

Deno.test("a changed result, and one that cannot be proved, are not what was expected", () => {
  const [secret, end] = outcomesOf(
    readModel(MODEL),
    RESULTS("is false.", "cannot be proved."),
  );
  assertEquals([secret.found, end.found], ["false", "not proved"]);
});

Deno.test("a missing and an additional result fail", () => {
  const model = readModel(MODEL);
  assertThrows(() => outcomesOf(model, "RESULT not attacker(s[]) is true.\n"), TypeError);
  const three = `${RESULTS("is true.", "is false.")}RESULT not attacker(x) is true.\n`;
  assertThrows(() => outcomesOf(model, three), TypeError);
  assertThrows(() => outcomesOf(model, ""), TypeError);
});

for (
  const [what, text] of [
    ["a query without an expectation", `${MODEL}query attacker(t).\n`],
    ["an expectation without a query", `${MODEL}(* expect more: true *)\n`],
    [
      "an expectation that another line separates from its query",
      MODEL.replace("query", "\nquery"),
    ],
    ["two queries of the same name", MODEL.replace("run-ends", "secret")],
    ["no query", "(* after primitives.pvl *)\n"],
    ["no libraries", MODEL.replace("after", "before")],
  ]
) {
  Deno.test(`a model with ${what} is refused`, () => {
    assertThrows(() => readModel(text), TypeError);
  });
}

Deno.test("every model of this folder can be read", async () => {
  const folder = new URL(".", import.meta.url);
  let count = 0;
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".pv")) continue;
    const { libraries } = readModel(await Deno.readTextFile(new URL(name, folder)));
    for (const library of libraries) await Deno.stat(new URL(library, folder));
    count++;
  }
  assertEquals(count, 6);
});

/** That the rules of the architecture notice what breaks them: on made-up projects. */
import {
  forbiddenReach,
  misplacedImports,
  namesOutside,
  outsideOf,
  PATTERNS,
  unresolvedImports,
  unusedEntries,
} from "./support/architecture.ts";
import { assert, assertEquals } from "./support/assert.ts";
import { Modules } from "./support/project.ts";

/** Modules of a made-up project, by path. */
function madeUp(texts: Record<string, string>, importMap: Record<string, string> = {}): Modules {
  return new Modules(Object.entries(texts), new Map(Object.entries(importMap)));
}

Deno.test("rules: a forbidden import is seen however many steps away, types included", () => {
  const modules = madeUp({
    "server/main.ts": `import { a } from "./a.ts";`,
    "server/a.ts": `export * from "../shared/b.ts";\nimport "@mapped";`,
    "shared/b.ts": `import type { C } from "./session/c.ts";`,
    "shared/session/c.ts": `import "../b.ts";`,
    "client/main.ts": `// import "../server/main.ts";`,
  }, { "@mapped": "./shared/d.ts" });
  assertEquals(forbiddenReach(modules, "server/main.ts", ["shared/session/", "shared/d.ts"]), [
    "server/main.ts > server/a.ts > shared/d.ts",
    "server/main.ts > server/a.ts > shared/b.ts > shared/session/c.ts",
  ]);
  assertEquals(forbiddenReach(modules, "client/", ["server/"]), []);
});

Deno.test("rules: imports that lead nowhere and entries that nobody uses are seen", () => {
  const importMap = { "@used/": "npm:/@used@1/", "@unused": "npm:@unused@1" };
  const modules = madeUp({
    "server/a.ts": `import "@used/x"; import "./gone.ts"; import "npm:inline"; import "node:fs";`,
    "client/b.ts": `await import("@used/y"); import "../deno.json" with { type: "json" };`,
  }, importMap);
  assertEquals(unresolvedImports(modules), [
    "server/a.ts imports ./gone.ts",
    "server/a.ts imports npm:inline",
    "client/b.ts imports dynamically",
  ]);
  assertEquals(unusedEntries(modules, new Map(Object.entries(importMap))), ["@unused"]);
  assertEquals(misplacedImports(modules, { "node:": ["client/"], "@used/": ["server/"] }), [
    "server/a.ts imports node:fs",
  ]);
});

Deno.test("rules: a list has all that it needs and nothing else", () => {
  const modules = madeUp({
    "server/a.ts": "Deno.exit(1); crypto.randomUUID();",
    "server/b.ts": `// Deno\nconst text = "Deno";`,
    "shared/c.ts": "const { exit } = Deno;",
    "tests/d.ts": "Deno.exit(1);",
  });
  assertEquals(outsideOf(modules, PATTERNS.deno, ["server/a.ts", "server/b.ts", "client/"]), [
    "shared/c.ts is not on the list",
    "server/b.ts need not be on the list",
    "client/ need not be on the list",
  ]);
  assertEquals(outsideOf(modules, PATTERNS.deno, ["server/", "shared/c.ts"]), []);
  assertEquals(outsideOf(modules, PATTERNS.disguise, []), ["shared/c.ts is not on the list"]);
  assertEquals(outsideOf(modules, PATTERNS.exitOrEnvironment, []), [
    "server/a.ts is not on the list",
  ]);
  assertEquals(outsideOf(modules, PATTERNS.randomness, []), ["server/a.ts is not on the list"]);
});

Deno.test("rules: a clock is what tells the time, not what writes a given one", () => {
  for (const text of ["Date.now()", "new Date()", "new Date", "performance.now()"]) {
    assertEquals(outsideOf(madeUp({ "shared/a.ts": text }), PATTERNS.clock, []).length, 1, text);
  }
  for (const text of ["new Date(time)", "let date: Date;", "clock.now()"]) {
    assertEquals(outsideOf(madeUp({ "shared/a.ts": text }), PATTERNS.clock, []), [], text);
  }
});

Deno.test("rules: a path that leaves the project is seen, one inside is not", () => {
  const up = "../";
  assert(!namesOutside("server/a.ts", `"${up}shared/x.ts"`));
  assert(!namesOutside("tests/shared/x/a.ts", `"${up}${up}${up}shared/x.ts"`));
  assert(namesOutside("server/a.ts", `"${up}${up}shared/x"`));
  for (const path of ["README.md", "deno.json", ".ci/run", "main.ts"]) {
    assert(namesOutside(path, `see ${up}shared/x`), path);
  }
});

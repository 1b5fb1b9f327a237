/** That the rules of the architecture notice what breaks them: on made-up projects. */
import { logCalls } from "./support/architecture/log_calls.ts";
import type { Imports } from "./support/architecture/project.ts";
import {
  circles,
  dynamicImports,
  forbiddenReach,
  loadedAtOnce,
  misplacedImports,
  namesOutside,
  strayImports,
  unusedEntries,
  usesOutside,
} from "./support/architecture/rules.ts";
import { type Use, uses } from "./support/architecture/uses.ts";
import { assert, assertEquals } from "./support/assert.ts";

/** A made-up project: what each module imports, packages with an `@` in front. */
function madeUp(modules: Record<string, string[]>): Imports {
  return new Map(
    Object.entries(modules).map(([path, imported]) => [
      path,
      imported.map((name) => {
        const file = /^(@|node:)/.test(name) ? null : name.replace("? ", "");
        return { specifier: name, file, dynamic: name.startsWith("? "), types: false };
      }),
    ]),
  );
}

Deno.test("rules: a forbidden import is seen however many steps away", () => {
  const imports = madeUp({
    "server/main.ts": ["server/a.ts"],
    "server/a.ts": ["shared/b.ts", "shared/d.ts"],
    "shared/b.ts": ["shared/session/c.ts"],
    "shared/session/c.ts": ["shared/b.ts"],
    "client/main.ts": [],
  });
  assertEquals(forbiddenReach(imports, "server/main.ts", ["shared/session/", "shared/d.ts"]), [
    "server/main.ts > server/a.ts > shared/d.ts",
    "server/main.ts > server/a.ts > shared/b.ts > shared/session/c.ts",
  ]);
  assertEquals(forbiddenReach(imports, "client/", ["server/"]), []);
});

Deno.test("rules: each circle is seen once", () => {
  const imports = madeUp({
    "client/a.ts": ["client/b.ts", "client/d.ts"],
    "client/b.ts": ["client/c.ts"],
    "client/c.ts": ["client/a.ts"],
    "client/d.ts": ["client/b.ts"],
    "client/e.ts": ["client/e.ts", "client/a.ts"],
  });
  assertEquals(circles(imports), [
    "client/a.ts > client/b.ts > client/c.ts > client/a.ts",
    "client/e.ts > client/e.ts",
  ]);
});

Deno.test("rules: an import from an unknown or forbidden room is noticed", () => {
  const imports = madeUp({
    "client/inbox/a.ts": ["client/inbox/b.ts", "client/disk/c.ts", "shared/d.ts", "@package"],
    "client/disk/c.ts": ["client/inbox/a.ts", "client/disk/deep/e.ts"],
    "client/disk/deep/e.ts": ["client/inbox/a.ts"],
    "client/attic/f.ts": [],
    "shared/d.ts": ["shared/crypto/g.ts"],
    "shared/crypto/g.ts": [],
    "tests/h.ts": ["client/inbox/a.ts"],
  });
  const rooms = {
    "client/inbox/": ["client/disk/"],
    "client/disk/": [],
    "client/disk/deep/": ["client/inbox/"],
    "shared/": [],
    "shared/crypto/": ["shared/"],
  };
  assertEquals(strayImports(imports, rooms, ["shared/"]), [
    "client/disk/c.ts > client/inbox/a.ts",
    "client/disk/c.ts > client/disk/deep/e.ts",
    "client/attic/f.ts is in no room",
    "shared/d.ts > shared/crypto/g.ts",
  ]);
});

Deno.test("rules: what a module loads at once leaves out what it loads later, and types", () => {
  const imports = new Map([
    ...madeUp({
      "client/a.ts": ["client/b.ts", "? client/c.ts"],
      "client/b.ts": ["@package", "client/a.ts", "? @late"],
      "client/c.ts": ["client/d.ts"],
    }),
    ["client/e.ts", [
      { specifier: "../b.ts", file: "client/b.ts", dynamic: false, types: false },
      { specifier: "../c.ts", file: "client/c.ts", dynamic: false, types: true },
    ]] as const,
  ]);
  const at = ["client/a.ts", "client/b.ts"];
  assertEquals(loadedAtOnce(imports, "client/a.ts"), { files: at, packages: ["@package"] });
  const { files } = loadedAtOnce(imports, "client/e.ts");
  assertEquals(files, [...at, "client/e.ts"]);
});

Deno.test("rules: dynamic imports and entries of the import map that nobody uses are seen", () => {
  const imports = madeUp({
    "server/a.ts": ["@used/x", "node:fs"],
    "client/b.ts": ["@used/y", "? client/c.ts"],
    "tests/d.ts": ["? client/c.ts"],
  });
  assertEquals(dynamicImports(imports), ["client/b.ts imports client/c.ts dynamically"]);
  assertEquals(unusedEntries(imports, ["@used/", "@unused"]), ["@unused"]);
  assertEquals(misplacedImports(imports, { "node:": ["client/"], "@used/": ["server/"] }), [
    "server/a.ts imports node:fs",
    "client/b.ts imports @used/y",
  ]);
});

Deno.test("rules: a list has all that it needs and nothing else", () => {
  const used = new Map<string, Set<Use>>([
    ["server/a.ts", new Set(["Deno", "clock"])],
    ["server/b.ts", new Set(["clock"])],
    ["shared/c.ts", new Set(["Deno"])],
  ]);
  assertEquals(usesOutside(used, "Deno", ["server/a.ts", "server/b.ts", "client/"]), [
    "shared/c.ts is not on the list",
    "server/b.ts need not be on the list",
    "client/ need not be on the list",
  ]);
  assertEquals(usesOutside(used, "Deno", ["server/", "shared/c.ts"]), []);
});

Deno.test("rules: what a module uses is seen, and what only looks like it is not", () => {
  const used: [string, Use[]][] = [
    ["Deno.exit(1);", ["Deno", "exit or environment"]],
    ["const a = Deno.env.get(name);", ["Deno", "exit or environment"]],
    ["let conn: Deno.TcpConn;", ["Deno"]],
    ["const { exit } = Deno;", ["Deno", "disguise"]],
    [`Deno["exit"](1);`, ["Deno", "disguise"]],
    ["process.exit(1); globalThis.a = 1;", ["disguise"]],
    ["crypto.randomUUID(); Math.random();", ["randomness"]],
    ["crypto.getRandomValues(bytes);", ["randomness"]],
    ["await crypto.subtle.digest(name, bytes);", ["Web Crypto"]],
    ["Date.now();", ["clock"]],
    ["new Date();", ["clock"]],
    ["new Date;", ["clock"]],
    ["performance.now();", ["clock"]],
    ["new Date(time); let date: Date; clock.now();", []],
    ["run(process); // Deno, Date.now()\nconst text = `Deno Math.random()`;", []],
    ["Math.max(1, 2); Date.parse(text); performance.mark(name);", []],
  ];
  for (const [text, expected] of used) assertEquals([...uses(text)].sort(), expected, text);
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

Deno.test("rules: the scan of log calls sees calls of every form", () => {
  const text = `
    const words = "Gone: {name}";
    log.error(words, { name, size: file.size });
    this.#services.log.warn("plain");
    this.#log.info(\`so \${many}\`, properties);
    services.log.with({ address: conn.hostname });
    dialog.error("no log");
  `;
  assertEquals(logCalls(text), [
    { template: "Gone: {name}", properties: { name: "name", size: "file.size" } },
    { template: "plain", properties: {} },
    { template: null, properties: null },
    { template: "", properties: { address: "conn.hostname" } },
  ]);
});

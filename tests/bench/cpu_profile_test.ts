import { assertEquals } from "../support/assert.ts";
import { CATEGORY_NAMES, timeByCategory } from "./cpu_profile.ts";

const FILES = "file:///checkout";

/** A call tree as V8 gives it: each line a frame, as deep as it is indented. */
function nodesOf(tree: string) {
  const nodes: { id: number; callFrame: ReturnType<typeof frameOf>; children: number[] }[] = [];
  const path: typeof nodes = [];
  for (const line of tree.trim().split("\n")) {
    const depth = line.search(/\S/) / 2;
    const node = { id: nodes.length + 1, callFrame: frameOf(line.trim()), children: [] };
    path[depth - 1]?.children.push(node.id);
    path[depth] = node;
    nodes.push(node);
  }
  return nodes;
}

function frameOf(line: string) {
  const [, functionName, path] = /^(\(.*\)|\S+) ?(.*)$/.exec(line)!;
  return { functionName, url: path ? `${FILES}/${path}` : "" };
}

const nodes = nodesOf(`
(root)
  (idle)
  (program)
  (garbage collector)
  serve server/secure/secure_session.ts
    deposit server/storage/sqlite/deposits.ts
      run shared/sqlite.ts
        run
      transaction shared/sqlite.ts
        exec
    exec
    op_write
    resolve ext:core/01_core.js
`);

function timesOf(...samples: [functionName: string, path: string | undefined, time: number][]) {
  const idOf = (functionName: string, path?: string) =>
    nodes.find(({ callFrame }) =>
      callFrame.functionName === functionName && callFrame.url === (path ? `${FILES}/${path}` : "")
    )!.id;
  const times = timeByCategory({
    nodes,
    samples: samples.map(([functionName, path]) => idOf(functionName, path)),
    timeDeltas: samples.map(([, , time]) => time),
  });
  return Object.fromEntries([...times].filter(([, time]) => time > 0));
}

Deno.test("profile: a sample belongs to the innermost frame that has a category", () => {
  assertEquals(
    timesOf(
      ["run", undefined, 100],
      ["run", "shared/sqlite.ts", 20],
      ["exec", undefined, 1000],
      ["deposit", "server/storage/sqlite/deposits.ts", 3],
      ["op_write", undefined, 400],
      ["resolve", "ext:core/01_core.js", 7],
      ["serve", "server/secure/secure_session.ts", 1],
    ),
    {
      "SQLite, statements": 120,
      "SQLite, commits and their disk": 1000,
      "storage": 3,
      "socket, written": 400,
      "session": 8,
    },
  );
});

Deno.test("profile: idle time is nobody's, and what has no caller is the runtime's", () => {
  assertEquals(
    timesOf(["(idle)", undefined, 1000], ["(program)", undefined, 5], [
      "(garbage collector)",
      undefined,
      2,
    ]),
    { "runtime": 5, "garbage collection": 2 },
  );
});

Deno.test("profile: every category has a time, also none", () => {
  const times = timeByCategory({ nodes: [], samples: [], timeDeltas: [] });
  assertEquals([...times], CATEGORY_NAMES.map((name) => [name, 0]));
});

/** The description of the methods, and that it holds together. */
import { EVENT_KINDS } from "../../../client/cli/engine/event_source.ts";
import { methodTable } from "../../../client/cli/engine/method_table.ts";
import type { Call } from "../../../client/daemon/method.ts";
import { assert, assertEquals } from "../../support/assert.ts";

const table = methodTable({
  run: () => {
    throw new Error("not run here");
  },
  events: { ...EVENT_KINDS, on: () => ({ [Symbol.dispose]: () => {} }) },
  stop: () => {},
});

// deno-lint-ignore no-explicit-any
const description = table.find(({ name }) => name === "rpc.discover")!.run({}, {} as Call) as any;

Deno.test("discover: describes all methods that there are, itself too", () => {
  assertEquals(description.openrpc, "1.3.2");
  const names = description.methods.map(({ name }: { name: string }) => name);
  assertEquals(names, table.map(({ name }) => name));
  assertEquals(new Set(names).size, names.length, "two methods of one name");
  for (const name of ["send", "subscribe", "stop", "rpc.discover"]) assert(names.includes(name));
});

Deno.test("discover: every reference leads somewhere, and every method says enough", () => {
  const known = Object.keys(description.components.schemas);
  const references = [...JSON.stringify(description).matchAll(/"\$ref":"([^"]*)"/g)];
  assert(references.length > 20, `${references.length} references`);
  for (const [, reference] of references) {
    assert(known.includes(reference.replace("#/components/schemas/", "")), reference);
  }
  for (const { name, summary, params, result } of description.methods) {
    assert(summary !== "" && result.schema, name);
    for (const param of params) assert(param.summary && param.schema, `${name} ${param.name}`);
  }
});

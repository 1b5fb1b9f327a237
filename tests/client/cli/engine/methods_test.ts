/** Commands as methods: their parameters, their arguments and what they return. */
import { COMMANDS } from "../../../../client/cli/commands.ts";
import { argsOf, commandMethods, isMethod } from "../../../../client/cli/engine/methods.ts";
import type { Output } from "../../../../client/cli/output/output.ts";
import type { Call } from "../../../../client/daemon/method.ts";
import { RpcError } from "../../../../client/daemon/rpc_error.ts";
import { ClientError } from "../../../../client/errors.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../../support/assert.ts";

const CARD = { kind: "card", card: "alice#00" } as const;

const commandOf = (name: string) => COMMANDS.find((command) => command.name === name)!;

/** The methods; each has these results, and as many problems. */
function methodsWith(results: readonly Output[], problems: readonly Error[] = []) {
  return commandMethods(COMMANDS, async function* (_, _args, _call, problem) {
    for (const error of problems) problem(error);
    yield* results;
  });
}

/** Runs a method. Returns its result and what it told. */
async function run(methods: ReturnType<typeof methodsWith>, name: string, params = {}) {
  const told: unknown[] = [];
  const notify = (...all: unknown[]) => Promise.resolve(void told.push(all));
  const call = { notify } as unknown as Call;
  const result = await methods.find((method) => method.name === name)!.run(params, call);
  return { result, told };
}

Deno.test("methods: every command on a profile is one, but those of terminals", () => {
  const names = COMMANDS.filter((command) => !isMethod(command)).map(({ name }) => name);
  assertEquals(names.toSorted(), [
    "chat",
    "completions",
    "daemon",
    "help",
    "import",
    "lock",
    "menu",
    "setup",
    "stop",
    "test",
    "version",
  ]);
});

Deno.test("methods: parameters are the operands and the options, with their types", () => {
  const methods = methodsWith([]);
  const typesOf = (name: string) => {
    const { params } = methods.find((method) => method.name === name)!;
    return params.map(({ name, required, schema }) => {
      const { type, enum: words, items } = schema;
      return `${name}${required ? "" : "?"}: ${words?.join("|") ?? items?.type ?? ""} ${type}`;
    });
  };
  const stream = "stream?:  boolean";
  assertEquals(typesOf("transfers"), ["action?: cancel string", "cancelled?:  integer", stream]);
  const paths = "paths: string array";
  const policy = "new-contacts?: ask|accept|refuse string";
  assertEquals(typesOf("send-file"), ["peer:  string", paths, "name?:  string", policy, stream]);
  const options = ["out?:  string", "no-files?:  boolean", "max-size?:  string"];
  assertEquals(typesOf("receive").slice(0, 3), options);
});

Deno.test("methods: arguments are parsed as on the command line", () => {
  const list = (params: Record<string, unknown>) => argsOf(commandOf("list"), params);
  assertEquals(list({}), { prefix: undefined, contacts: false, names: false });
  const given = { prefix: "a", contacts: true, names: false };
  assertEquals(list({ prefix: "a", contacts: true }), given);
  const receive = argsOf(commandOf("receive"), { "max-size": "10M" });
  assertEquals(receive["max-size"], 10 * 1024 * 1024);
  const files = argsOf(commandOf("send-file"), { peer: "bob", paths: ["a", "b"] });
  const rest = { name: undefined, "new-contacts": undefined };
  assertEquals(files, { peer: "bob", paths: ["a", "b"], ...rest });
  assertEquals(argsOf(commandOf("fetch"), { number: 1001 }).number, 1001);
});

Deno.test("methods: what the command line refuses is -32602, with the parameter's name", () => {
  for (
    const [name, params, param] of [
      ["receive", { "max-size": "huge" }, "max-size"],
      ["fetch", { number: -1 }, "number"],
      ["send-file", { peer: "bob", paths: [""] }, "paths"],
      ["transfers", { action: "cancel" }, "cancelled"],
      ["passphrase", { action: "forget" }, "action"],
    ] as const
  ) {
    const error = assertThrows(() => argsOf(commandOf(name), params), RpcError);
    assertEquals([error.code, error.data?.code, error.data?.param], [-32602, "usage", param]);
  }
});

Deno.test("methods: results are what --json prints, all at the end or one by one", async () => {
  const methods = methodsWith([CARD, CARD]);
  const card = { card: "alice#00" };
  const { result, told } = await run(methods, "card");
  assertEquals([result, told], [{ items: [card, card] }, []]);
  const streamed = await run(methods, "card", { stream: true });
  const item = ["item", { item: card }];
  assertEquals([streamed.result, streamed.told], [{ items: [] }, [item, item]]);
});

Deno.test("methods: what fails beside the results is told with them", async () => {
  const problem = new ClientError("refused", "wait", { cause: { retryAfter: 7 } });
  const { result } = await run(methodsWith([CARD], [problem]), "card");
  const problems = [{ code: "refused", message: "wait", retryAfter: 7 }];
  assertEquals(result, { items: [{ card: "alice#00" }], problems });
});

Deno.test("methods: what a command throws goes through", async () => {
  const error = new ClientError("queued", "later");
  const methods = commandMethods(COMMANDS, () => {
    throw error;
  });
  assert(await assertRejects(() => run(methods, "card"), ClientError) === error);
});

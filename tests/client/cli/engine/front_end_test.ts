/** What an engine gets of the person whose command it runs, however it asks. */
import { parseCommandLine } from "../../../../client/cli/command_line.ts";
import { VERSION } from "../../../../client/cli/engine/command_line_method.ts";
import { COMMANDS } from "../../../../client/cli/commands.ts";
import type { Process, Terminal } from "../../../../client/cli/context.ts";
import { runThroughEngine } from "../../../../client/cli/engine/front_end.ts";
import { openEndpoint } from "../../../../client/daemon/endpoint.ts";
import { EngineServer } from "../../../../client/daemon/engine_server.ts";
import type { Method } from "../../../../client/daemon/method.ts";
import { lockProfile } from "../../../../client/profile/lock.ts";
import { randomBytes } from "../../../../shared/crypto/random.ts";
import { sleep } from "../../../../shared/sleep.ts";
import { assertEquals } from "../../../support/assert.ts";
import { tempFolder } from "../../../support/temp_folder.ts";

/** All that an engine could want, and more than it may. */
const WISHES = [
  ["text", {}],
  ["text", { file: "/etc/passwd" }],
  ["text", { editor: true }],
  ["input", {}],
  ["ask", { prompt: "Your passphrase: " }],
  ["passphrase", {}],
  ["passphrase", { which: "next" }],
  ["secret", { question: "Passphrase: " }],
] as const;

const NEVER = "refused";

/** The terminal of a person who gives whatever is asked for. */
function generousTerminal(): Terminal {
  return {
    outputIsTerminal: true,
    errorIsTerminal: true,
    inputIsTerminal: true,
    isPlain: true,
    passphrases: { first: () => Promise.resolve("a passphrase") } as Terminal["passphrases"],
    screen: () => ({ columns: 80, rows: 24 }),
    printOut: () => {},
    printError: () => {},
    ask: () => Promise.resolve("an answer"),
    readText: ({ file, editor }) => Promise.resolve(file ?? (editor ? "edited" : "typed")),
    async *readInput() {
      yield new TextEncoder().encode("bytes");
    },
    place: (path) => path,
    listenForInterrupts: () => {},
  };
}

/** Has a hostile engine run a command line. Returns what it got for its wishes. */
async function spoils(...args: string[]): Promise<unknown[]> {
  await using temp = await tempFolder();
  await using _lock = await lockProfile(temp.path, sleep);
  const got: unknown[] = [];
  const method: Method = {
    name: "command-line",
    summary: "Ask for everything",
    params: ["version", "args", "folder", "output", "error", "input", "plain", "columns", "rows"]
      .concat("hear").map((name) => ({ name, summary: name, schema: {} })),
    result: {},
    async run({ version }, call) {
      assertEquals(version, VERSION);
      for (const [name, params] of WISHES) {
        got.push(await call.request(name, params).catch(() => NEVER));
      }
      return { exitCode: 0 };
    },
  };
  const endpoint = await openEndpoint(temp.path, { random: randomBytes, way: "port" });
  await using _server = new EngineServer(endpoint, [method]);
  const invocation = parseCommandLine(args, COMMANDS);
  const process = { exit: () => {} } as unknown as Process;
  assertEquals(
    await runThroughEngine(temp.path, { args, invocation }, generousTerminal(), process),
    0,
  );
  return got;
}

/** What the engine got, where all else is refused. */
function only(given: Partial<Record<number, string>>): string[] {
  return WISHES.map((_, at) => given[at] ?? NEVER);
}

Deno.test("front end: an engine reads only the file that was named, and asks nothing", async () => {
  assertEquals(await spoils("list"), only({}));
  assertEquals(await spoils("send", "bob", "hi"), only({}));
  assertEquals(await spoils("send", "bob", "--file", "note"), only({ 0: "note" }));
  assertEquals(await spoils("send", "bob", "--editor"), only({ 0: "edited" }));
  assertEquals(await spoils("send", "bob"), only({ 0: "typed" }));
  assertEquals(await spoils("edit", "1", "-"), only({ 0: "typed" }));
  assertEquals(await spoils("send-file", "bob", "/etc/hosts"), only({}));
  const bytes = new TextEncoder().encode("bytes").toBase64();
  assertEquals(await spoils("send-file", "--name", "x", "bob", "-"), only({ 3: bytes }));
});

Deno.test("front end: answers and passphrases are for what calls for them", async () => {
  assertEquals(await spoils("export", "file"), only({ 5: "a passphrase" }));
  assertEquals(await spoils("passphrase", "set"), only({}));
  assertEquals(await spoils("unregister"), only({ 4: "an answer" }));
  assertEquals(await spoils("unregister", "--yes"), only({}));
  assertEquals(await spoils("receive"), only({}));
  assertEquals(await spoils("receive", "--new-contacts", "ask"), only({ 4: "an answer" }));
});

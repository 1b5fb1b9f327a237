/** The systemd unit and the Dockerfile say what the server knows. */
import { parseCommandLine } from "../../server/command_line.ts";
import { COMMANDS } from "../../server/commands.ts";
import { loadConfig } from "../../server/config/config.ts";
import { SETTING_NAMES, variableOf } from "../../server/config/settings.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { readDocument } from "../support/documents.ts";

const UNIT = readDocument("server/packaging/messaging-server.service");
const DOCKERFILE = readDocument("server/packaging/Dockerfile");

/** Returns the values of a key of the unit. */
function valuesOf(key: string): string[] {
  return [...UNIT.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(([, value]) => value);
}

/** Returns the configuration from assignments such as MESSAGING_DATA=/data, all of which count. */
async function configOf(assignments: string) {
  const environment = new Map(
    assignments.split(" ").map((assignment) => assignment.split("=") as [string, string]),
  );
  const variables = SETTING_NAMES.map(variableOf);
  assertEquals([...environment.keys()].filter((name) => !variables.includes(name)), []);
  return await loadConfig({
    given: {},
    environment: (variable) => environment.get(variable),
    readFile: () => Promise.resolve(undefined),
  });
}

Deno.test("unit: it starts the server with known settings, in its folder", async () => {
  const [start] = valuesOf("ExecStart");
  const [program, ...args] = start.split(" ");
  assertEquals(program, "/usr/local/bin/messaging-server");
  assertEquals(parseCommandLine(args, COMMANDS).command.name, "serve");
  const { settings, limits } = await configOf(valuesOf("Environment").join(" "));
  assertEquals(settings.data, `/var/lib/${valuesOf("StateDirectory")[0]}`);
  assert(Number(valuesOf("TimeoutStopSec")[0]) * 1000 > limits.stopDeadline);
  assert(Number(valuesOf("LimitNOFILE")[0]) > 2 * limits.maxConnections);
  const examples = [...UNIT.matchAll(/^#\s+Environment=(.*)$/gm)];
  assertEquals(examples.length, 1);
  await configOf(examples[0][1]);
});

Deno.test("unit: it gives up every privilege that a server can do without", () => {
  const expected: Record<string, string> = {
    DynamicUser: "yes",
    ProtectSystem: "strict",
    ProtectHome: "yes",
    NoNewPrivileges: "yes",
    CapabilityBoundingSet: "",
    RestrictNamespaces: "yes",
    SystemCallArchitectures: "native",
  };
  for (const [key, value] of Object.entries(expected)) assertEquals(valuesOf(key), [value], key);
});

Deno.test("Dockerfile: user, folder, port, signal and health check fit the server", async () => {
  const line = (word: string) => new RegExp(`^${word} (.*)$`, "m").exec(DOCKERFILE)?.[1];
  const { settings, limits } = await configOf(line("ENV")!);
  assertEquals(line("VOLUME"), settings.data);
  assertEquals(line("EXPOSE"), String(settings.port));
  assertEquals([line("STOPSIGNAL"), line("USER")], ["SIGTERM", "messaging"]);
  assert(limits.stopDeadline < 10_000, "Docker kills after 10 seconds");
  const [, check] = /CMD (\[.*\])$/m.exec(line("HEALTHCHECK")!)!;
  const [program, ...args] = JSON.parse(check);
  assertEquals(program, "messaging-server");
  assertEquals(parseCommandLine(args, COMMANDS).command.name, "health");
  assertEquals(line("ENTRYPOINT"), '["messaging-server"]');
});

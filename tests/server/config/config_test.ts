/** Where settings come from, and what is wrong with one. */
import { type Config, loadConfig } from "../../../server/config/config.ts";
import { SETTING_NAMES, settingOf, variableOf } from "../../../server/config/settings.ts";
import { COMMANDS } from "../../../server/commands.ts";
import { parseCommandLine } from "../../../server/command_line.ts";
import { DEFAULT_LIMITS } from "../../../server/limits/limits.ts";
import { UsageError } from "../../../shared/args.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";

interface World {
  args?: string[];
  environment?: Record<string, string>;
  files?: Record<string, string>;
}

function load({ args = [], environment = {}, files = {} }: World = {}): Promise<Config> {
  return loadConfig({
    given: parseCommandLine(args, COMMANDS).given,
    environment: (variable) => environment[variable],
    readFile: (path) => Promise.resolve(files[path]),
  });
}

async function assertWrong(world: World, message: string): Promise<void> {
  const error = await assertRejects(() => load(world), UsageError);
  assertEquals(error.message, message);
}

Deno.test("config: the defaults", async () => {
  const { settings, limits, sources } = await load();
  assertEquals(limits, DEFAULT_LIMITS);
  const { host, port, data, classic, registration, directory, exempt, admin } = settings;
  assertEquals({ host, port, data, classic }, {
    host: "0.0.0.0",
    port: 1234,
    data: ".",
    classic: true,
  });
  assertEquals({ registration, directory, exempt, admin }, {
    registration: "open",
    directory: true,
    exempt: [],
    admin: null,
  });
  assertEquals([...new Set(Object.values(sources))], ["default"]);
});

Deno.test("config: options in both spellings", async () => {
  const expected = (await load({ args: ["--port", "0", "--host", "::1", "--data", "/srv/x"] }))
    .settings;
  assertEquals([expected.port, expected.host, expected.data], [0, "::1", "/srv/x"]);
  const args = ["--data=/srv/x", "--host=::1", "--port=0"];
  assertEquals((await load({ args })).settings, expected);
});

Deno.test("config: what is a limit is one of the limits", async () => {
  const args = ["--quota", "500M", "--total=2t", "--expire", "7", "--connections", "12"]
    .concat(["--reserve", "1G", "--memory", "64M", "--drain", "3"]);
  const { limits } = await load({ args });
  assertEquals(limits, {
    ...DEFAULT_LIMITS,
    maxSenderSize: 500 * 2 ** 20,
    maxTotalSize: 2 * 2 ** 40,
    expiry: 7 * 24 * 60 * 60 * 1000,
    maxConnections: 12,
    reserve: 2 ** 30,
    memory: 64 * 2 ** 20,
    stopDeadline: 3000,
  });
});

Deno.test("config: an option goes before the environment, that before the file", async () => {
  const files = { "/c.json": JSON.stringify({ quota: "1M", total: "1M", expire: 1 }) };
  const environment = { MESSAGING_QUOTA: "2M", MESSAGING_TOTAL: "2M", MESSAGING_MEMORY: "" };
  const { limits, sources } = await load({
    args: ["--quota", "3M", "--config", "/c.json"],
    environment,
    files,
  });
  const { maxSenderSize, maxTotalSize, expiry } = limits;
  const MB = 2 ** 20;
  assertEquals([maxSenderSize, maxTotalSize, expiry], [3 * MB, 2 * MB, 24 * 60 * 60 * 1000]);
  const { quota, total, expire, memory } = sources;
  assertEquals([quota, total, expire, memory], [
    "--quota",
    "MESSAGING_TOTAL",
    "/c.json",
    "default",
  ]);
});

Deno.test("config: the environment may name the file, an option another one", async () => {
  const files = { "/one.json": '{"port": 1}', "/two.json": '{"port": 2}' };
  const environment = { MESSAGING_CONFIG: "/one.json" };
  assertEquals((await load({ environment, files })).settings.port, 1);
  const args = ["--config", "/two.json"];
  assertEquals((await load({ args, environment, files })).settings.port, 2);
});

Deno.test("config: port.info in the data folder, wherever set, before the default", async () => {
  const files = { "/srv/port.info": " 99\r\n", "/c.json": '{"data": "/srv"}' };
  const { settings, sources } = await load({ args: ["--config", "/c.json"], files });
  assertEquals([settings.port, sources.port], [99, "/srv/port.info"]);
  const args = ["--data", "/srv", "--port", "7"];
  assertEquals((await load({ args, files })).settings.port, 7);
  await assertRejects(
    () => load({ files: { "./port.info": "http" } }),
    Error,
    "./port.info must hold one port number",
  );
});

Deno.test("config: it cannot be changed", async () => {
  const config = await load({ args: ["--exempt", "::1", "--admin", "9100"] });
  const { settings, limits, sources } = config;
  const parts = [config, settings, limits, sources, settings.exempt, settings.admin];
  for (const part of parts) assert(Object.isFrozen(part));
});

Deno.test("config: an error names the value that is wrong, and its place", async () => {
  await assertWrong(
    { args: ["--quota", "much"] },
    "--quota takes a size, such as 500M or 64G, " +
      'not "much"',
  );
  await assertWrong(
    { environment: { MESSAGING_LOG_LEVEL: "loud" } },
    'MESSAGING_LOG_LEVEL takes debug, info, warning or error, not "loud"',
  );
  const wrong: [json: string, message: string][] = [
    ['{"expire": 1.5}', '/c.json: "expire" takes a number of days from 1 to 99999, not "1.5"'],
    ['{"expire": true}', '/c.json: "expire" takes a number of days from 1 to 99999, not true'],
    ['{"classic": 0}', '/c.json: "classic" takes on or off, not 0'],
    ['{"data": null}', '/c.json: "data" takes a folder, not null'],
    ['{"host": ["a"]}', '/c.json: "host" takes an address, not ["a"]'],
    [
      '{"exempt": ["::1", 1]}',
      '/c.json: "exempt" takes IP addresses with commas in between, not ["::1",1]',
    ],
    ['{"prot": 1}', '/c.json: unknown key "prot"; did you mean port?'],
    ['{"toString": 1}', '/c.json: unknown key "toString"'],
    ['{"__proto__": {}}', '/c.json: unknown key "__proto__"'],
    ['{"config": "x"}', '/c.json: unknown key "config"'],
    ["[]", '/c.json must hold one JSON object, such as {"port": 1234}'],
    ["null", '/c.json must hold one JSON object, such as {"port": 1234}'],
  ];
  for (const [json, message] of wrong) {
    await assertWrong({ args: ["--config", "/c.json"], files: { "/c.json": json } }, message);
  }
  await assertWrong({ args: ["--config", "/c.json"] }, "--config: there is no file /c.json");
  await assertWrong(
    { environment: { MESSAGING_CONFIG: "/c.json" } },
    "MESSAGING_CONFIG: there is no file /c.json",
  );
  const broken = { args: ["--config", "/c.json"], files: { "/c.json": '{"port": 1' } };
  await assertRejects(() => load(broken), UsageError, "/c.json is not JSON: ");
});

Deno.test("config: a file may have every default, as JSON and as text", async () => {
  const json = (name: typeof SETTING_NAMES[number]) =>
    settingOf(name).kind.toJson(settingOf(name).default);
  const all = Object.fromEntries(SETTING_NAMES.map((name) => [name, json(name)]));
  const files = { "/c.json": JSON.stringify(all) };
  const { settings } = await load({ args: ["--config", "/c.json"], files });
  assertEquals(settings, (await load()).settings);
});

Deno.test("config: names of variables", () => {
  assertEquals(variableOf("log-level"), "MESSAGING_LOG_LEVEL");
  assertEquals(variableOf("port"), "MESSAGING_PORT");
});

/** README: the table of settings is that of the code, and its examples are right. */
import { loadConfig } from "../../server/config/config.ts";
import { SETTING_NAMES, SETTING_OPTIONS, settingOf, textOf } from "../../server/config/settings.ts";
import { optionOf, variableOf } from "../../server/config/settings.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { firstTable, partUnder, readDocument } from "../support/documents.ts";

const PART = partUnder(readDocument("README.md"), "Settings");

Deno.test("README: the table of settings has every setting in its order, and its default", () => {
  const rows = SETTING_NAMES.map((name) => {
    const { kind, byDefault, default: value } = settingOf(name);
    const option = optionOf(name);
    const words = SETTING_OPTIONS[option].value;
    return [
      `\`--${option}${words === undefined ? "" : ` ${words}`}\``,
      byDefault ?? (words === undefined ? "" : textOf(kind.toJson(value))),
    ];
  });
  const written = firstTable(PART.replaceAll("\\|", "/"));
  for (const [option, , help] of written) assert(help.length > 10, option);
  assertEquals(
    written.map((row) => row.slice(0, 2)),
    rows.map((row) => row.map((cell) => cell.replaceAll("|", "/"))),
  );
});

Deno.test("README: the examples of a variable and of a file are right", async () => {
  const file = /```json\n([\s\S]*?)```/.exec(PART)![1];
  const { settings } = await loadConfig({
    given: { config: "settings.json" },
    environment: () => undefined,
    readFile: (path) => Promise.resolve(path === "settings.json" ? file : undefined),
  });
  for (const [name, value] of Object.entries(JSON.parse(file))) {
    const setting = name as typeof SETTING_NAMES[number];
    assertEquals(settingOf(setting).kind.toJson(settings[setting]), value);
  }
  const variables = new Set(SETTING_NAMES.map(variableOf).concat(variableOf("config")));
  const named = [...PART.matchAll(/MESSAGING_[A-Z_]+/g)].map(([name]) => name);
  assertEquals(named.filter((name) => !variables.has(name)), []);
});

import type { Config } from "../config/config.ts";
import { SETTING_NAMES, settingOf, textOf } from "../config/settings.ts";
import { serverCommand } from "../command.ts";

export const config = serverCommand({
  name: "config",
  settings: "all",
  summary: "Show all settings, and where each comes from",
  details: "Standard output gets them as JSON, which --config takes. Standard error gets a line\n" +
    "for each, with the place that sets it.",
  async run(_, context) {
    const config = await context.config();
    console.log(JSON.stringify(settingsAsJson(config), null, 2));
    console.error(sourceLines(config));
  },
});

/** Returns what a file would have to hold to set all settings to what they are. */
function settingsAsJson({ settings }: Config): Record<string, unknown> {
  return Object.fromEntries(SETTING_NAMES.map((name) => {
    return [name, settingOf(name).kind.toJson(settings[name])];
  }));
}

function sourceLines(config: Config): string {
  const rows = Object.entries(settingsAsJson(config)).map(([name, value]) => {
    return [name, textOf(value as string), config.sources[name as keyof Config["sources"]]];
  });
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map(([name, value, source]) =>
    `${name.padEnd(widths[0])}  ${value.padEnd(widths[1])}  ${source}`
  ).join("\n");
}

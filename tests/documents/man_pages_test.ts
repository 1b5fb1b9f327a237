/** The manual pages: made from the declarations of commands and settings, and right as roff. */
import { COMMANDS as CLIENT_COMMANDS } from "../../client/cli/commands.ts";
import { GLOBAL_OPTIONS } from "../../client/cli/command.ts";
import { clientManPage } from "../../client/cli/man_page.ts";
import { COMMANDS as SERVER_COMMANDS } from "../../server/commands.ts";
import { SETTING_OPTIONS } from "../../server/config/settings.ts";
import { serverManPage } from "../../server/man_page.ts";
import type { Declared, Options } from "../../shared/command.ts";
import { assert, assertEquals } from "../support/assert.ts";

interface Page {
  readonly name: string;
  readonly text: string;
  readonly commands: readonly Declared[];
  readonly options: Options;
}

const PAGES: Page[] = [
  {
    name: "messaging-client",
    text: clientManPage(),
    commands: CLIENT_COMMANDS,
    options: GLOBAL_OPTIONS,
  },
  {
    name: "messaging-server",
    text: serverManPage(),
    commands: SERVER_COMMANDS,
    options: SETTING_OPTIONS,
  },
];

/** Returns what `program` says of a page; undefined where it is not installed. */
async function render(text: string, program: string, args: string[]) {
  const options = { args, stdin: "piped", stdout: "piped", stderr: "piped" } as const;
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, options).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const [output] = await Promise.all([
    child.output(),
    new Blob([text]).stream().pipeTo(child.stdin),
  ]);
  const decoder = new TextDecoder();
  return { stdout: decoder.decode(output.stdout), stderr: decoder.decode(output.stderr) };
}

for (const { name, text, commands, options } of PAGES) {
  Deno.test(`man page: ${name} has every command and option`, () => {
    const lines = text.split("\n");
    for (const { name, options } of commands) {
      const title = `.SS ${name.replaceAll("-", "\\-")}`;
      assert(lines.some((line) => line === title || line.startsWith(`${title} `)), name);
      for (const option of Object.keys(options)) assertHas(lines, option);
    }
    for (const option of Object.keys(options)) assertHas(lines, option);
  });

  Deno.test(`man page: ${name} has no line that roff takes for something else`, async () => {
    for (const line of text.split("\n").slice(0, -1)) {
      assert(/^(\.(TH|SH|SS|PP|TP|nf|fi|B)\b|(?![.']).)|^$/.test(line), line);
    }
    const page = await render(text, "groff", ["-man", "-Tutf8", "-ww", "-P-cbou"]);
    if (page === undefined) return; // not installed here
    assertEquals(page.stderr, "");
    for (const { name, summary } of commands) {
      const words = (text: string) => text.replace(/[\s‐-]+/g, " ");
      assert(words(page.stdout).includes(words(`${summary}.`)), name);
    }
  });
}

function assertHas(lines: string[], option: string): void {
  const name = `\\-\\-${option.replaceAll("-", "\\-")}`;
  const isIt = (line: string) => /^\.B /.test(line) && `${line} `.includes(`${name} `);
  assert(lines.some(isIt), option);
}

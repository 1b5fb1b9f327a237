/** The documents that are made from the table of methods. */
import { COMMANDS } from "../../../client/cli/commands.ts";
import { EVENT_KINDS } from "../../../client/cli/engine/event_source.ts";
import type { Engine } from "../../../client/cli/engine/engine.ts";
import { allMethods } from "../../../client/cli/engine/start_engine.ts";
import { EVENTS, NOTES, OUTPUTS, SCHEMAS } from "../../../client/cli/output/schemas.ts";
import type { Method } from "../../../client/daemon/method.ts";
import { readDocument } from "../documents.ts";
import { apiIntroduction, jsonIntroduction } from "./introductions.ts";
import { item, kindLines, memberLines, typeText, wrapped } from "./schema_text.ts";

const nothing = { [Symbol.dispose]: () => {} };

/** All methods, which are only looked at. */
const METHODS = allMethods(
  {} as Engine,
  () => {
    throw new Error("only looked at");
  },
  { ...EVENT_KINDS, on: () => nothing },
);

/** Returns the text of each document, by its path. */
export async function documents(): Promise<Map<string, string>> {
  return new Map([
    ["client/daemon/API.md", await formatted(apiDocument())],
    ["client/cli/JSON.md", await formatted(jsonDocument())],
  ]);
}

function apiDocument(): string {
  const events = Object.entries(EVENTS).flatMap(([name, schema]) => [
    `\`${name}\`:`,
    "",
    ...memberLines(schema),
    "",
  ]);
  return [
    apiIntroduction({ codes: codeLines(), events: events.join("\n") }),
    "## Methods",
    "",
    ...METHODS.flatMap(methodLines),
    "## Objects",
    "",
    ...objectLines(SCHEMAS),
  ].join("\n");
}

function methodLines({ name, summary, description, params, result }: Method): string[] {
  return [
    `### ${name}`,
    "",
    wrapped(`${summary}.`),
    "",
    ...description === undefined ? [] : ["```text", ...description.split("\n"), "```", ""],
    ...params.map(({ name, required, schema, summary }) => {
      const optional = required ? "" : ", optional";
      return item(`\`${name}\` (${typeText(schema)}${optional}): ${summary}`);
    }),
    "",
    wrapped(`Returns ${resultText(result)}.`),
    "",
  ];
}

function resultText(result: Method["result"]): string {
  const { items } = result.properties?.items ?? {};
  if (items) return items.anyOf?.length === 0 ? "no items" : `items: ${typeText(items)}`;
  const names = Object.entries(result.properties ?? {}).map(([name, schema]) => {
    return `\`${name}\` (${typeText(schema)})`;
  });
  return names.length === 0 ? typeText(result) : names.join(", ");
}

function jsonDocument(): string {
  const commands = COMMANDS.filter(({ results }) => results.length > 0).map(({ name, results }) =>
    item(`\`${name}\`: ${results.map((kind) => `[${kind}](#${kind})`).join(", ")}`)
  );
  const { person, failure } = SCHEMAS;
  return [
    jsonIntroduction({ codes: codeLines() }),
    "## Which command prints what",
    "",
    ...commands,
    "",
    "## Results",
    "",
    ...objectLines({ person, ...OUTPUTS }),
    "## On standard error",
    "",
    ...objectLines({ ...NOTES, failure }),
  ].join("\n");
}

function objectLines(schemas: typeof SCHEMAS): string[] {
  return Object.entries(schemas)
    .flatMap(([name, schema]) => [`### ${name}`, "", ...kindLines(schema), ""]);
}

/** Returns the codes of errors, with what `client/errors.ts` says of each. */
function codeLines(): string {
  const codes = [
    ...readDocument("client/errors.ts").matchAll(/^ {2}\| "([a-z-]+)";? \/\/ (.*)$/gm),
  ];
  const lines = codes.map(([, code, meaning]) => item(`\`${code}\`: ${meaning}`));
  const others = ["`usage`: wrong arguments", "`internal`: what nobody foresaw"].map((line) =>
    item(line)
  );
  return [...lines, ...others].join("\n");
}

async function formatted(text: string): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--no-config", "--line-width", "100", "--ext", "md", "-"],
    stdin: "piped",
    stdout: "piped",
  });
  await using child = command.spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error("deno fmt failed");
  return new TextDecoder().decode(stdout);
}

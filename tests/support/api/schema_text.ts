/** Schemas as Markdown for people. */
import type { Schema } from "../../../client/daemon/schema.ts";

const WIDTH = 100;

/** Returns `text` in lines of at most 100 columns; all but the first begin with `indent`. */
export function wrapped(text: string, indent = ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent + word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}

/** Returns an item of a list. */
export function item(text: string, depth = 0): string {
  const indent = "  ".repeat(depth);
  return indent + wrapped(`- ${text}`, `${indent}  `);
}

/** Returns what a value is, such as: string or null. */
export function typeText({ type, enum: words, const: only, items, anyOf, $ref }: Schema): string {
  if ($ref !== undefined) {
    const name = $ref.slice($ref.lastIndexOf("/") + 1);
    return `[${name}](#${name})`;
  }
  if (anyOf) return anyOf.map(typeText).join(" or ");
  if (only !== undefined) return `\`${JSON.stringify(only)}\``;
  if (words) return words.map((word) => `\`${JSON.stringify(word)}\``).join(" or ");
  if (items) return `array of ${typeText(items)}`;
  return [type ?? "any value"].flat().join(" or ");
}

/** Returns the items of a list with the members of an object. */
export function memberLines({ properties = {}, required = [] }: Schema, depth = 0): string[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const optional = required.includes(name) ? "" : ", optional";
    const about = schema.description === undefined ? "" : `: ${schema.description}`;
    const line = item(`\`${name}\` (${typeText(schema)}${optional})${about}`, depth);
    return [line, ...schema.properties ? memberLines(schema, depth + 1) : []];
  });
}

/** Returns the lines that describe one of several kinds of objects. */
export function kindLines(schema: Schema): string[] {
  const about = schema.description === undefined ? [] : [`${schema.description}.`, ""];
  if (schema.$ref !== undefined) return [`The same as ${typeText(schema)}.`];
  if (!schema.anyOf) return [...about, ...memberLines(schema)];
  return schema.anyOf.flatMap((
    one,
    at,
  ) => [...at === 0 ? about : ["", "or:", ""], ...memberLines(one)]);
}

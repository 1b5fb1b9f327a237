/** The documents of the project, as tests read them. */

const ROOT = new URL("../../", import.meta.url);

/** Returns the text of a document; `path` is relative to the project. */
export function readDocument(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

/** Returns the part of a Markdown text under the heading `title`, up to the next heading. */
export function partUnder(text: string, title: string): string {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, "") === title);
  if (start < 0) throw new Error(`there is no heading "${title}"`);
  const length = lines.slice(start + 1).findIndex((line) => /^#+ /.test(line));
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join("\n");
}

/** Returns the rows of the first table in a Markdown text, without its head: cells as texts. */
export function firstTable(text: string): string[][] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.startsWith("|"));
  const after = lines.slice(start).findIndex((line) => !line.startsWith("|"));
  const rows = lines.slice(start, after < 0 ? undefined : start + after);
  return rows.slice(2).map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim()));
}

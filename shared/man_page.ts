/** Manual pages of the programs, made from the declarations of their commands; see man(7). */
import type { Declared, Option, Options } from "./command.ts";
import { synopsis } from "./command_help.ts";

/** What a manual page tells of a program. */
export interface ManPage {
  readonly program: string;
  readonly version: string;
  /** One line, without a full stop. */
  readonly purpose: string;
  /** What follows the program's name. */
  readonly usage: string;
  /** Paragraphs, with empty lines between them. */
  readonly description: string;
  readonly commands: readonly Declared[];
  /** Options under headings, such as those of every command. */
  readonly options: Readonly<Record<string, Options>>;
  /** Further parts: paragraphs under headings. */
  readonly parts: Readonly<Record<string, string>>;
}

/** Returns the source of a page in section 1, with a line end. */
export function manPage(page: ManPage): string {
  const { program, version, purpose, usage, description, commands, options, parts } = page;
  return [
    `.TH ${program.toUpperCase()} 1 "" "${program} ${version}" "User Commands"`,
    ".SH NAME",
    `${escaped(program)} \\- ${escaped(purpose)}`,
    ".SH SYNOPSIS",
    `.B ${escaped(program)}`,
    escaped(usage),
    ".SH DESCRIPTION",
    ...paragraphs(description),
    ".SH COMMANDS",
    ...commands.flatMap(commandLines),
    ...Object.entries(options).flatMap(([title, each]) => [`.SH ${title}`, ...optionLines(each)]),
    ...Object.entries(parts).flatMap(([title, text]) => [`.SH ${title}`, ...paragraphs(text)]),
    "",
  ].join("\n");
}

function commandLines(command: Declared): string[] {
  const text = `${command.summary}.\n\n${command.details}`;
  return [
    `.SS ${escaped(synopsis(command))}`,
    ...paragraphs(text),
    ...optionLines(command.options),
  ];
}

function optionLines(options: Options): string[] {
  return Object.entries<Option>(options).flatMap(([name, { value, help }]) => {
    const short = name === "help" ? "\\-h, " : "";
    const left = `.B ${short}\\-\\-${escaped(name)}`;
    return [
      ".TP",
      value === undefined ? left : `${left} ${escaped(value)}`,
      escaped(help.replaceAll("\n", " ")),
    ];
  });
}

/** Lines that are indented stay as they are; others are filled. */
function paragraphs(text: string): string[] {
  return text.split("\n\n").flatMap((paragraph) => {
    const lines = paragraph.split("\n");
    if (!lines.some((line) => line.startsWith("  "))) return [".PP", escaped(lines.join(" "))];
    return [".PP", ".nf", ...lines.map(escaped), ".fi"];
  });
}

/** Returns a line of text as roff takes it literally. */
function escaped(line: string): string {
  return line.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^(?=[.'])/, "\\&");
}

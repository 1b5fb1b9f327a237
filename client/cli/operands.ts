/** Operands and options that several commands have. */
import { UsageError } from "../../shared/args.ts";
import { fromHex } from "../../shared/bytes.ts";

/** The name, or the alias, of another client. */
export const PEER = { name: "NAME", completes: "contact" } as const;

/** The names, or the aliases, of several: commas separate them, and \, stands for one in a name. */
export const PEERS = { name: "NAME", completes: "contacts", parse: parseNames } as const;

/** A shell that there is a script for, which completes commands. */
export const SHELL = { words: ["bash", "zsh", "fish"] } as const;

/** The number of a message in the history. */
export const MESSAGE = { name: "N", integer: true, parse: parseMessageNumber } as const;

/** The number of a file that is sent or received. */
export const TRANSFER = { name: "ID", integer: true, parse: parseTransferNumber } as const;

/** Where received files go. */
export const OUT = {
  value: "DIR",
  completes: "folder",
  help: "Folder for received files (default: the current folder)",
} as const;

/** How many entries of the history. */
export const ENTRY_COUNT = {
  value: "N",
  integer: true,
  parse: (text: string) => parseCount(text, "--last"),
} as const;

/**
 * Returns the number, 1 or more, of an option.
 * @throws {UsageError}
 */
export function parseCount(text: string, option: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new UsageError(`${option} takes a number, 1 or more, not "${text}"`);
}

function parseNames(text: string): string[] {
  const names = text.split(/(?<!\\),/).map((name) => name.replaceAll("\\,", ","));
  if (names.length > 1 && names.includes("")) {
    throw new UsageError(`between two commas of "${text}" there is no name`);
  }
  return [...new Set(names)];
}

/** What lets someone in where not everybody may register. */
export const INVITE = {
  value: "CODE",
  help: "Code that the server's operator gave you, 32 hex digits",
  parse: parseInvite,
} as const;

export function parseInvite(text: string) {
  const digits = text.trim();
  if (/^[0-9a-f]{32}$/i.test(digits)) return fromHex(digits.toLowerCase());
  throw new UsageError("an invite code has 32 hex digits");
}

export function parseMessageNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new UsageError(`N is the number of a message, as history shows it, not "${text}"`);
}

function parseTransferNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new UsageError(`ID is a number, as files and transfers show it, not "${text}"`);
}

/** A message as lines of the screen. */
import { sizeText } from "../../../shared/size.ts";
import type { Message } from "../link/model.ts";
import { harmless, harmlessLine, isolated } from "../../cli/output/printable.ts";
import { columnsOf, shortened, wrapText } from "../../cli/output/text_layout.ts";

/** What a piece of text is, which says how it looks. */
export type Role =
  | "plain"
  | "faint"
  | "strong"
  | "own"
  | "peer"
  | "good"
  | "warning"
  | "chosen";

export interface Span {
  readonly text: string;
  readonly role: Role;
}

export interface Line {
  readonly key: string;
  readonly spans: readonly Span[];
  /** The message that it is of. */
  readonly number?: number;
}

/** What lines of messages depend on beside the message. */
export interface Face {
  readonly width: number;
  /** What the other side is called. */
  readonly name: string;
  /** The message that has the line about new messages above it. */
  readonly firstNew: number | null;
  /** Returns how much of a message's file has gone, from 0 to 1; null if it is not on its way. */
  readonly progressOf: (number: number) => number | null;
  /** Returns the text of another message that is here. */
  readonly textOf: (number: number) => string | null;
}

/** Columns in front of a text: the time. */
const INDENT = 6;
const PLAIN = "plain";

/**
 * Returns all lines of a message. Above it is the day if `before` is of another day, and the line
 * about new messages if it is the first one.
 */
export function linesOf(message: Message, before: Message | undefined, face: Face): Line[] {
  const { number } = message;
  const rows = [...quoteRows(message, face), ...bodyRows(message, face), ...reactionRows(message)];
  const lines: Line[] = rows.map((spans, row) => ({ key: `${number}-${row}`, spans, number }));
  if (number === face.firstNew) {
    lines.unshift({ key: `${number}-new`, spans: [rule("New messages", face.width, "warning")] });
  }
  if (before && dayOf(before.at) === dayOf(message.at)) return lines;
  const day = rule(dayOf(message.at), face.width, "faint");
  return [{ key: `${number}-day`, spans: [day] }, ...lines];
}

function rule(what: string, width: number, role: Role): Span {
  const label = `── ${what} `;
  const text = shortened(label + "─".repeat(Math.max(0, width - columnsOf(label))), width);
  return { text, role };
}

function quoteRows({ reply }: Message, { width, textOf }: Face): Span[][] {
  if (!reply) return [];
  const text = (reply.number === null ? null : textOf(reply.number)) ?? reply.text ?? "…";
  const quote = shortened(`┃ ${harmlessLine(text.replaceAll("\n", " "))}`, width - INDENT);
  return [[{ text: " ".repeat(INDENT) + quote, role: "faint" }]];
}

function bodyRows(message: Message, { width, name, progressOf }: Face): Span[][] {
  const time = timeOf(message.at);
  const who = shortened(message.sent ? "you" : harmlessLine(name), Math.max(3, width >> 2));
  const behind = marksOf(message);
  const first: Span[] = [
    { text: `${time} `, role: "faint" },
    { text: `${who}: `, role: message.sent ? "own" : "peer" },
  ];
  const lead = columnsOf(who) + 2;
  const text = message.deleted ? "This message was deleted." : contentOf(message, progressOf);
  const room = width - INDENT;
  const role = message.deleted ? "faint" : PLAIN;
  // The name takes the place of a word in the first line.
  const rows = wrapText(`${"x".repeat(lead - 1)} ${text}`, room).map((text, index): Span[] =>
    index === 0
      ? [...first, { text: isolated(text.slice(lead)), role }]
      : [{ text: " ".repeat(INDENT) + isolated(text), role }]
  );
  if (behind === "") return rows;
  const last = rows[rows.length - 1];
  const used = last.reduce((sum, { text }) => sum + columnsOf(text), 0);
  const failed = message.state === "failed";
  const mark: Span = { text: behind, role: failed ? "warning" : "faint" };
  if (used + 1 + columnsOf(behind) <= width) last.push({ ...mark, text: ` ${behind}` });
  else rows.push([{ ...mark, text: " ".repeat(INDENT) + shortened(behind, room) }]);
  return rows;
}

function contentOf({ text, file, number }: Message, progressOf: Face["progressOf"]): string {
  if (!file) return harmless(text);
  const part = progressOf(number);
  if (part !== null) {
    return `[file] ${harmlessLine(file.name)}, ${sizeText(file.size)} ${barText(part)}`;
  }
  const saved = file.path === null ? "" : `, ${harmlessLine(file.path)}`;
  return `[file] ${harmlessLine(file.name)}, ${sizeText(file.size)}${saved}`;
}

/** Cells of a bar. */
const CELLS = 10;

/** Returns a bar and a number, of `part` from 0 to 1. */
export function barText(part: number): string {
  const full = Math.floor(part * CELLS);
  return `${"█".repeat(full)}${"░".repeat(CELLS - full)} ${Math.floor(part * 100)}%`;
}

/** ✓ is on the server, ✓✓ has arrived. */
function marksOf({ sent, state, edited, deleted, delivered, read }: Message): string {
  const marks = edited && !deleted ? ["(edited)"] : [];
  if (sent && state === "pending") marks.push("(not sent yet)");
  else if (sent && state === "failed") marks.push("(not sent)");
  else if (sent && read) marks.push("✓✓ read");
  else if (sent) marks.push(delivered ? "✓✓" : "✓");
  return marks.join(" ");
}

function reactionRows({ own, reaction, deleted }: Message): Span[][] {
  if (deleted || (own === null && reaction === null)) return [];
  const parts = [
    ...(reaction === null ? [] : [harmlessLine(reaction)]),
    ...(own === null ? [] : [`${harmlessLine(own)} (you)`]),
  ];
  return [[{ text: " ".repeat(INDENT) + parts.join("  "), role: PLAIN }]];
}

const two = (value: number) => String(value).padStart(2, "0");

/** Returns the local time of day. */
function timeOf(at: number): string {
  const date = new Date(at);
  return Number.isNaN(at) ? "??:??" : `${two(date.getHours())}:${two(date.getMinutes())}`;
}

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

function dayOf(at: number): string {
  if (Number.isNaN(at)) return "a day that is not known";
  const date = new Date(at);
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${DAYS[date.getDay()]}, ${day}`;
}

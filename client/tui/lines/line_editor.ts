/** The text that is being written, and what keys do to it. Nothing is changed in place. */
import type { Key } from "../terminal/keys.ts";

export interface Draft {
  readonly text: string;
  /** Where the next character goes: UTF-16 units from the start. */
  readonly cursor: number;
}

export const EMPTY: Draft = { text: "", cursor: 0 };

const GRAPHEMES = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Returns `text` with the cursor at its end. */
export const draftOf = (text: string): Draft => ({ text, cursor: text.length });

/** Returns the draft with `text` at the cursor. */
export function insert({ text: old, cursor }: Draft, text: string): Draft {
  return {
    text: old.slice(0, cursor) + text + old.slice(cursor),
    cursor: cursor + text.length,
  };
}

/** Returns what a key makes of the draft; null if it is no key for editing. */
export function edit(draft: Draft, key: Key): Draft | null {
  if (key.kind === "text" || key.kind === "paste") return insert(draft, key.text);
  if (key.kind !== "key") return null;
  return EDITS[key.name]?.(draft) ?? null;
}

const to = (place: (draft: Draft) => number) => (draft: Draft): Draft => ({
  ...draft,
  cursor: place(draft),
});

/** Deletes from the cursor to a place, in either direction. */
const cut = (place: (draft: Draft) => number) => (draft: Draft): Draft => {
  const [from, end] = [draft.cursor, place(draft)].toSorted((a, b) => a - b);
  return { text: draft.text.slice(0, from) + draft.text.slice(end), cursor: from };
};

const EDITS: Record<string, (draft: Draft) => Draft | null> = {
  "left": to(left),
  "ctrl-b": to(left),
  "right": to(right),
  "home": to(lineStart),
  "ctrl-a": to(lineStart),
  "end": to(lineEnd),
  "ctrl-e": to(lineEnd),
  "ctrl-left": to(wordLeft),
  "alt-left": to(wordLeft),
  "alt-b": to(wordLeft),
  "ctrl-right": to(wordRight),
  "alt-right": to(wordRight),
  "alt-f": to(wordRight),
  "backspace": cut(left),
  "ctrl-h": cut(left),
  "delete": cut(right),
  "ctrl-w": cut(wordLeft),
  "alt-backspace": cut(wordLeft),
  "alt-d": cut(wordRight),
  "ctrl-u": cut(lineStart),
  "ctrl-k": cut(lineEnd),
  "alt-enter": (draft) => insert(draft, "\n"),
  "ctrl-enter": (draft) => insert(draft, "\n"),
  "shift-enter": (draft) => insert(draft, "\n"),
  "ctrl-j": (draft) => insert(draft, "\n"),
  "up": (draft) => lineAbove(draft),
  "down": (draft) => lineBelow(draft),
};

function left({ text, cursor }: Draft): number {
  let last = 0;
  for (const { index } of GRAPHEMES.segment(text.slice(lineOf(text, cursor - 1), cursor))) {
    last = index;
  }
  return cursor === 0 ? 0 : lineOf(text, cursor - 1) + last;
}

function right({ text, cursor }: Draft): number {
  const [next] = GRAPHEMES.segment(text.slice(cursor, cursor + 100));
  return cursor + (next?.segment.length ?? 0);
}

function lineStart({ text, cursor }: Draft): number {
  return lineOf(text, cursor);
}

function lineEnd({ text, cursor }: Draft): number {
  const end = text.indexOf("\n", cursor);
  return end < 0 ? text.length : end;
}

function wordLeft({ text, cursor }: Draft): number {
  return cursor - /[^\p{L}\p{N}]*$|[\p{L}\p{N}]+[^\p{L}\p{N}]*$/u.exec(text.slice(0, cursor))![0]
    .length;
}

function wordRight({ text, cursor }: Draft): number {
  return cursor + /^[^\p{L}\p{N}]*[\p{L}\p{N}]*/u.exec(text.slice(cursor))![0].length;
}

/** Returns where the line of a place starts. */
function lineOf(text: string, place: number): number {
  return place <= 0 ? 0 : text.lastIndexOf("\n", place - 1) + 1;
}

/** Returns null in the first line. */
function lineAbove({ text, cursor }: Draft): Draft | null {
  const start = lineOf(text, cursor);
  if (start === 0) return null;
  const above = lineOf(text, start - 1);
  return { text, cursor: Math.min(above + cursor - start, start - 1) };
}

/** Returns null in the last line. */
function lineBelow({ text, cursor }: Draft): Draft | null {
  const end = lineEnd({ text, cursor });
  if (end === text.length) return null;
  const column = cursor - lineOf(text, cursor);
  return { text, cursor: Math.min(end + 1 + column, lineEnd({ text, cursor: end + 1 })) };
}

/** The part of a conversation that is on the screen. */
import { type Face, type Line, linesOf } from "./message_lines.ts";
import type { Message } from "../link/model.ts";

/** Where the window stands: its last line is one of this message. */
export interface Anchor {
  readonly number: number;
  /** How many lines of the message are below the window. */
  readonly below: number;
}

/**
 * Returns the lines of the window, `height` at most, oldest first. Only the messages in it are laid
 * out. Without an anchor it ends with the newest message.
 */
export function windowLines(
  messages: readonly Message[],
  anchor: Anchor | null,
  height: number,
  face: Face,
): Line[] {
  const lines: Line[] = [];
  const last = indexOf(messages, anchor);
  for (let index = last; index >= 0 && lines.length < height; index--) {
    const own = linesOf(messages[index], messages[index - 1], face);
    const below = index === last && anchor ? Math.min(anchor.below, own.length - 1) : 0;
    lines.unshift(...own.slice(0, own.length - below));
  }
  return lines.slice(-height);
}

/**
 * Returns the anchor after scrolling by `lines`, upwards if negative; null at the newest message.
 * The oldest message stays in the window.
 */
export function scrolled(
  messages: readonly Message[],
  anchor: Anchor | null,
  lines: number,
  height: number,
  face: Face,
): Anchor | null {
  if (messages.length === 0) return null;
  let index = indexOf(messages, anchor);
  let below = (anchor?.below ?? 0) - lines;
  const heightOf = (at: number) => linesOf(messages[at], messages[at - 1], face).length;
  while (below < 0 && index < messages.length - 1) below += heightOf(++index);
  if (index === messages.length - 1 && below <= 0) return null;
  for (let own; index > 0 && below >= (own = heightOf(index)); index--) below -= own;
  const top = { number: messages[index].number, below: Math.min(below, heightOf(index) - 1) };
  const shown = windowLines(messages, top, height, face).length;
  if (shown >= height || lines > 0) return top;
  // Above the oldest message is nothing: go back as far as there was too much.
  return scrolled(messages, top, height - shown, 0, face);
}

/** Returns the anchor that has message `number` in the window. */
export function revealed(
  messages: readonly Message[],
  anchor: Anchor | null,
  number: number,
  height: number,
  face: Face,
): Anchor | null {
  const shown = windowLines(messages, anchor, height, face);
  const index = messages.findIndex((message) => message.number === number);
  if (index < 0) return anchor;
  const lines = linesOf(messages[index], messages[index - 1], face);
  const own = lines.filter((line) => line.number === number).length; // without lines above it
  const seen = shown.filter((line) => line.number === number).length;
  if (seen >= Math.min(own, height)) return anchor;
  const numbers = shown.flatMap((line) => line.number ?? []);
  const there: Anchor = { number, below: 0 };
  const below = number > numbers[0] && number >= numbers[numbers.length - 1];
  if (below) return index === messages.length - 1 ? null : there;
  // Its first line becomes the first of the window.
  return scrolled(messages, there, height - Math.min(own, height), 0, face);
}

function indexOf(messages: readonly Message[], anchor: Anchor | null): number {
  if (!anchor) return messages.length - 1;
  const index = messages.findLastIndex(({ number }) => number <= anchor.number);
  return index < 0 ? messages.length - 1 : index;
}

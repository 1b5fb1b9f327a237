/** The colours of text for people. They only repeat what the words say. */

/** The values of the option --color. */
export const COLOR_WORDS = ["auto", "always", "never"] as const;

/** Returns a text with what a terminal needs to show it as what it is. */
type Brush = (text: string) => string;

export interface Paint {
  readonly name: Brush;
  /** Such as a time, or the number of a message. */
  readonly aside: Brush;
  /** Such as that someone is verified. */
  readonly good: Brush;
  /** Such as that anyone can act in a name. */
  readonly warning: Brush;
  /** Such as that someone is blocked, or that something has failed. */
  readonly bad: Brush;
}

const plain: Brush = (text) => text;

export const NO_PAINT: Paint = {
  name: plain,
  aside: plain,
  good: plain,
  warning: plain,
  bad: plain,
};

/** Of the eight colours that each terminal has, whatever its background. */
export const PAINT: Paint = {
  name: brush(1, 22),
  aside: brush(2, 22),
  good: brush(32, 39),
  warning: brush(33, 39),
  bad: brush(31, 39),
};

function brush(start: number, end: number): Brush {
  return (text) => text === "" ? "" : `\x1b[${start}m${text}\x1b[${end}m`;
}

/** Where a text goes: whether a person sees it, and whether colours are unwanted there. */
interface Place {
  readonly isTerminal: boolean;
  readonly isPlain: boolean;
}

/** Reports whether a text has colours, by the option --color. */
export function hasColours(
  color: typeof COLOR_WORDS[number] = "auto",
  { isTerminal, isPlain }: Place,
): boolean {
  return color === "always" || color === "auto" && isTerminal && !isPlain;
}

/** Returns the colours that {@link hasColours} says. */
export function paintFor(color: typeof COLOR_WORDS[number] | undefined, place: Place): Paint {
  return hasColours(color, place) ? PAINT : NO_PAINT;
}

/** Reports whether the user wants no colours, or has a terminal that knows none. */
export function wantsPlain(environment: (variable: string) => string | undefined): boolean {
  return Boolean(environment("NO_COLOR")) || environment("TERM") === "dumb";
}

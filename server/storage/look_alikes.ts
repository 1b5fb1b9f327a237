/**
 * Which names look alike to people: those with the same skeleton (Unicode UTS #39 §4), which is
 * made of the compatibility form here, so that ² and ５ are digits.
 */
import { rectifyConfusion } from "unicode-confusables";

/** What two names that look alike have in common, at least one of both. */
export interface Looks {
  /** As it is written: `bob1`, `bobl` and `bobI` are the same. */
  asWritten: string;
  /** In whatever case: `ALICE` and `alice` are the same. */
  inAnyCase: string;
}

/** Returns what `name` looks like. */
export function looksOf(name: string): Looks {
  return { asWritten: skeleton(name), inAnyCase: skeleton(folded(name)) };
}

/**
 * Returns the skeleton of a text, folded, as digits that look like letters do so in both cases.
 * It is for comparing only.
 */
function skeleton(text: string): string {
  return folded(rectifyConfusion(text.normalize("NFKD")).normalize("NFKD"));
}

/** Upper case first, so that letters fold which have no other case, such as ß and ſ. */
function folded(text: string): string {
  return text.toUpperCase().toLowerCase();
}

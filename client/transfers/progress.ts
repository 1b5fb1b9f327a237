/** How front ends hear of bytes that move. */
import type { Direction } from "../profile/tables/transfers.ts";

/** A file in chunks while it moves. */
export interface MovingFile {
  /** The number of its transfer. */
  readonly number: number;
  readonly name: string;
  readonly direction: Direction;
}

/** Called with the bytes of a file that have moved so far, its size, and what is known of it. */
export type OnProgress = (done: number, size: number, file?: MovingFile) => void;

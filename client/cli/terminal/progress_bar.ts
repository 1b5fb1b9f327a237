import { sizeText } from "../../../shared/size.ts";
import { harmlessLine, isolated } from "../output/printable.ts";
import { columnsOf, padded, shortened } from "../output/text_layout.ts";
import type { Moving, ProgressView } from "./progress.ts";

/** Where a bar is drawn. */
export interface BarTerminal {
  /** How many characters a line has. */
  columns(): number;
  write(text: string): void;
}

/** Time between two drawings, in milliseconds. */
const INTERVAL = 100;
/** Columns; those of the figures stand behind a bar. */
const [MIN_BAR, MAX_BAR, MAX_NAME, MIN_LABEL, FIGURES] = [8, 30, 28, 12, 44];

const [WRAP, NO_WRAP] = ["\x1b[?7h", "\x1b[?7l"];
/** Erases all from the start of the line on. */
const ERASE = "\r\x1b[J";
/** To the start of the line above. */
const BACK = "\r\x1b[A";

/** Shows the progress of a file, and of all that move with it, on a terminal. */
export class ProgressBar implements ProgressView {
  #drawnAt = -Infinity;
  #visible = false;

  constructor(private readonly terminal: BarTerminal) {}

  show(moving: Moving, at: number): void {
    if (at - this.#drawnAt < INTERVAL && moving.done < moving.size) return;
    this.#drawnAt = at;
    this.#visible = true;
    const lines = barLines(moving, this.terminal.columns());
    const back = BACK.repeat(lines.length - 1);
    this.terminal.write(`${NO_WRAP}${ERASE}${lines.join("\n")}${back}${WRAP}`);
  }

  clear(): void {
    if (!this.#visible) return;
    this.#visible = false;
    this.terminal.write(ERASE);
  }

  end(): void {
    this.clear();
  }
}

/** Returns the lines that show `moving`; they fit into `columns` unless these are very few. */
export function barLines(moving: Moving, columns: number): string[] {
  const { file, rate, all } = moving;
  const speed = rate === null ? "" : `, ${sizeText(rate)}/s`;
  const name = isolated(shortened(harmlessLine(file ?? "file"), MAX_NAME));
  const single = barLine(name, { ...moving, speed }, columns);
  if (all.files === 1) return [single];
  return [single, barLine(`${all.number} of ${all.files} files`, { ...all, speed: "" }, columns)];
}

function barLine(
  what: string,
  { done, size, speed, left }: Pick<Moving, "done" | "size" | "left"> & { speed: string },
  columns: number,
): string {
  const progress = size === 0 ? 1 : done / size;
  const percentage = String(Math.floor(progress * 100)).padStart(3);
  const time = left === null ? "" : `, ${durationText(left)} left`;
  const figures = `${percentage} % of ${sizeText(size)}${speed}${time}`;
  const label = padded(what, MIN_LABEL);
  const width = Math.min(MAX_BAR, columns - FIGURES - columnsOf(label) - 3);
  if (width < MIN_BAR) return `${what} ${figures}`;
  const full = Math.round(progress * width);
  return `${label} ${"█".repeat(full)}${"░".repeat(width - full)} ${figures}`;
}

/** Returns seconds as people write them, such as 0:07 or 1:02:03. */
export function durationText(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const parts = hours === 0 ? [minutes, seconds % 60] : [hours, minutes, seconds % 60];
  return parts.map((part, at) => at === 0 ? `${part}` : `${part}`.padStart(2, "0")).join(":");
}

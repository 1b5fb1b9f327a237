/** Sizes in bytes, as people write and read them. */
import { KiB, MiB } from "./limits.ts";

const GiB = 1024 * MiB;
const TiB = 1024 * GiB;

const UNITS: Readonly<Record<string, number>> = { "": 1, "K": KiB, "M": MiB, "G": GiB, "T": TiB };

/** Returns the bytes that `text` names, such as 1000, 500M, 1.5G or 4GiB, or null. */
export function parseSize(text: string): number | null {
  const match = /^(\d{1,12}(?:\.\d{1,3})?) ?(?:([KMGT])(?:iB)?|B?)$/i.exec(text);
  if (!match) return null;
  const bytes = Math.floor(Number(match[1]) * UNITS[(match[2] ?? "").toUpperCase()]);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** Returns the shortest text from which {@link parseSize} reads exactly `size` bytes: 64G. */
export function exactSizeText(size: number): string {
  const unit = ["T", "G", "M", "K"].find((unit) => size > 0 && size % UNITS[unit] === 0) ?? "";
  return `${size / UNITS[unit]}${unit}`;
}

/** Returns the largest unit that is not larger than `size`. */
function unitOf(size: number): [name: string, bytes: number] {
  const unit = ["T", "G", "M", "K"].find((unit) => size >= UNITS[unit]);
  return unit ? [`${unit}iB`, UNITS[unit]] : [size === 1 ? "byte" : "bytes", 1];
}

/** Returns `size` bytes for people, such as 17 bytes, 1.5 KiB or 120 MiB; never rounds up. */
export function sizeText(size: number): string {
  const [name, bytes] = unitOf(size);
  return `${amount(size, bytes)} ${name}`;
}

/** Returns how much of a size is done, in one unit: 45 of 120 MiB. */
export function sizesText(done: number, size: number): string {
  const [name, bytes] = unitOf(size);
  return `${amount(done, bytes)} of ${amount(size, bytes)} ${name}`;
}

/** Three digits are enough. */
function amount(size: number, bytes: number): string {
  const value = size / bytes;
  return bytes === 1 || value >= 100 ? `${Math.floor(value)}` : String(Math.floor(value * 10) / 10);
}

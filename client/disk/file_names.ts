/** Names of received files: what a stranger wrote becomes a name that is safe on every system. */

/** Longest cleaned name, in bytes of UTF-8: leaves room for a number and for a prefix. */
export const MAX_FILE_NAME_SIZE = 200;
/** Longest extension that is kept when a name is cut, in bytes of UTF-8. */
const MAX_EXTENSION_SIZE = 20;
/** The name of a file when nothing is left of its own. */
const NAMELESS = "file";

/** Control and formatting characters, lone surrogates, and what Windows forbids in names. */
const UNFIT = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}<>:"|?*]/gu;
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)/i;

/**
 * Returns a name without a path, at most 200 bytes of UTF-8, NFC, never empty. It is no hidden
 * file, no device of any system, and looks like what it is. As much of the extension is kept as
 * possible.
 */
export function cleanFileName(name: string): string {
  const base = name.split(/[\\/]/).findLast((part) => part.trim() !== "") ?? "";
  const fit = trimmed(base.replace(UNFIT, "_").normalize("NFC"));
  const safe = DEVICE.test(fit) ? `_${fit}` : fit;
  return shortened(safe) || NAMELESS;
}

/** Removes leading dots, and dots and spaces at the end. */
function trimmed(name: string): string {
  return name.replace(/^[\s.]+/u, "").replace(/[\s.]+$/u, "");
}

function shortened(name: string): string {
  if (sizeOf(name) <= MAX_FILE_NAME_SIZE) return name;
  const dot = name.lastIndexOf(".");
  const extension = dot > 0 && sizeOf(name.slice(dot)) <= MAX_EXTENSION_SIZE ? name.slice(dot) : "";
  let stem = "";
  let room = MAX_FILE_NAME_SIZE - sizeOf(extension);
  for (const character of name) {
    room -= sizeOf(character);
    if (room < 0) break;
    stem += character;
  }
  return trimmed(stem) + extension;
}

function sizeOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

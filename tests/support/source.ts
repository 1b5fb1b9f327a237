/**
 * What the architecture test sees of a TypeScript file: its code without comments and without the
 * insides of strings, and the modules that it imports.
 */

export interface Source {
  /** The text with comments, strings, templates and regular expressions blanked out. */
  readonly code: string;
  /** What stands behind `from` or `import`; null for each dynamic import. */
  readonly specifiers: readonly (string | null)[];
}

/** From `import` or `export` to the quote in front of the specifier, in blanked code. */
const STATIC = /(?<![\w$.])(?:import|export)\b\s*(?:[\w$*{}\s,]*?\bfrom\s*)?(?=["'])/g;
const DYNAMIC = /(?<![\w$.])import\s*\(/g;

/** Reads the TypeScript in `text`; fails loudly where it does not understand it. */
export function parseSource(text: string): Source {
  const code = blank(text);
  const specifiers: (string | null)[] = [];
  for (const { 0: match, index } of code.matchAll(STATIC)) {
    const start = index + match.length;
    specifiers.push(text.slice(start + 1, code.indexOf(code[start], start + 1)));
  }
  for (const _ of code.matchAll(DYNAMIC)) specifiers.push(null);
  return { code, specifiers };
}

/** What a slash that begins a regular expression, and does not divide, may stand behind. */
const BEFORE_REGEXP = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|void|await))\s*$/;

const LINE_COMMENT = /\/\/[^\n]*/y;
const BLOCK_COMMENT = /\/\*[^]*?\*\//y;
const STRING = /"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'/y;
const REGEXP = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//y;
/** The text of a template up to its end or to its next `${`. */
const TEMPLATE = /(?:[^`\\$]|\\[^]|\$(?!\{))*(?:`|\$\{)/y;

/** `text` with spaces for everything that is no code, so that all the rest stays at its place. */
function blank(text: string): string {
  let out = "";
  /** For each `${` that is open: how many braces are open in it. */
  const open: number[] = [];

  /** The end of what `pattern` matches at `from`. */
  function end(pattern: RegExp, from: number): number {
    pattern.lastIndex = from;
    if (!pattern.test(text)) {
      const line = text.slice(0, from).split("\n").length;
      throw new SyntaxError(`line ${line} cannot be read: ${text.slice(from, from + 40)}`);
    }
    return pattern.lastIndex;
  }
  /** Takes everything up to `to`, of which the first and last character may be kept. */
  function skip(to: number, keep: boolean): void {
    const skipped = text.slice(out.length, to);
    const spaces = skipped.replaceAll(/[^\n]/g, " ");
    out += keep ? skipped[0] + spaces.slice(1, -1) + skipped.slice(-1) : spaces;
  }
  function template(): void {
    const to = end(TEMPLATE, out.length + 1);
    if (text[to - 1] === "{") open.push(0);
    skip(to, false);
  }

  while (out.length < text.length) {
    const at = out.length;
    const character = text[at];
    if (text.startsWith("//", at)) skip(end(LINE_COMMENT, at), false);
    else if (text.startsWith("/*", at)) skip(end(BLOCK_COMMENT, at), false);
    else if (character === '"' || character === "'") skip(end(STRING, at), true);
    else if (character === "/" && BEFORE_REGEXP.test(out.slice(-200))) skip(end(REGEXP, at), true);
    else if (character === "`") template();
    else if (character === "}" && open.at(-1) === 0) {
      open.pop();
      template();
    } else {
      if (open.length > 0 && character === "{") open[open.length - 1]++;
      if (open.length > 0 && character === "}") open[open.length - 1]--;
      out += character;
    }
  }
  if (open.length > 0) throw new SyntaxError("the end of a template cannot be read");
  return out;
}

/** What a terminal sends when keys are pressed, text is pasted, or the mouse is used. */

export type Key =
  /** A key by its name, such as "enter", "ctrl-f", "alt-up" or "shift-tab". */
  | { readonly kind: "key"; readonly name: string }
  | { readonly kind: "text"; readonly text: string }
  /** What came in brackets: it is text, whatever it holds. */
  | { readonly kind: "paste"; readonly text: string }
  /** Both count from 0, from the left and from the top. */
  | { readonly kind: "click"; readonly column: number; readonly row: number }
  /** Up is -1. */
  | { readonly kind: "wheel"; readonly lines: -1 | 1 };

const ESC = "\x1b";
const PASTE_START = `${ESC}[200~`;
const PASTE_END = `${ESC}[201~`;
/** What may go on: an escape sequence without its last character. */
// deno-lint-ignore no-control-regex
const UNFINISHED = /^\x1b(?:\[[0-9;<?]*|O)?$/;
// deno-lint-ignore no-control-regex
const SEQUENCE = /^\x1b(?:\[([0-9;<?]*)([A-Za-z~])|O([A-Za-z]))/;

const LETTERS: Record<string, string> = {
  ...{ A: "up", B: "down", C: "right", D: "left", H: "home", F: "end", M: "enter" },
  ...{ P: "f1", Q: "f2", R: "f3", S: "f4" },
};
const NUMBERS: Record<string, string> = {
  ...{ 1: "home", 2: "insert", 3: "delete", 4: "end", 5: "pageup", 6: "pagedown" },
  ...{ 7: "home", 8: "end", 11: "f1", 12: "f2", 13: "f3", 14: "f4", 15: "f5" },
};
/** Keys that terminals can tell apart by their code points. */
const CODES: Record<string, string> = { 9: "tab", 13: "enter", 27: "escape", 127: "backspace" };
const CONTROLS: Record<string, string> = { "\r": "enter", "\t": "tab", "\x7f": "backspace" };

/** Reads keys from bytes that come in pieces. */
export class KeyReader {
  readonly #decoder = new TextDecoder();
  /** What is not read yet. */
  #rest = "";

  /** Whether an escape character waits for what may follow it. */
  get waits(): boolean {
    return this.#rest !== "" && !this.#rest.startsWith(PASTE_START);
  }

  /** Returns the keys that are complete with `bytes`. */
  read(bytes: Uint8Array): Key[] {
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    const keys: Key[] = [];
    while (this.#rest !== "") {
      const [key, length] = this.#next();
      if (length === 0) break;
      this.#rest = this.#rest.slice(length);
      if (key) keys.push(key);
    }
    return keys;
  }

  /** Returns what waits, as nothing follows: the key Escape. */
  flush(): Key[] {
    if (!this.waits) return [];
    const [, ...more] = this.#rest;
    this.#rest = "";
    const escape: Key = { kind: "key", name: "escape" };
    return more.length === 1 ? [{ kind: "key", name: `alt-${more[0]}` }] : [escape];
  }

  /** Returns the first key and its length; 0 if it is not complete. Some sequences are no key. */
  #next(): [Key | null, number] {
    const text = this.#rest;
    if (text.startsWith(PASTE_START)) {
      const end = text.indexOf(PASTE_END);
      if (end < 0) return [null, 0];
      const pasted = text.slice(PASTE_START.length, end).replace(/\r\n?/g, "\n");
      return [{ kind: "paste", text: pasted }, end + PASTE_END.length];
    }
    if (UNFINISHED.test(text)) return [null, 0];
    const sequence = SEQUENCE.exec(text);
    if (sequence) {
      const [all, values = "", final, letter] = sequence;
      return [letter ? named(LETTERS[letter]) : sequenceKey(values, final), all.length];
    }
    const [first] = text;
    if (first === ESC) {
      const [, second] = text;
      if (second === ESC) return [{ kind: "key", name: "escape" }, 1];
      const name = nameOfControl(second) ?? second;
      return [{ kind: "key", name: `alt-${name}` }, 1 + second.length];
    }
    const control = nameOfControl(first);
    if (control) return [{ kind: "key", name: control }, 1];
    // deno-lint-ignore no-control-regex
    const [plain] = /^[^\x00-\x1f\x7f]+/.exec(text)!;
    return [{ kind: "text", text: plain }, plain.length];
  }
}

function named(name: string | undefined, modifiers = ""): Key | null {
  return name === undefined ? null : { kind: "key", name: modifiers + name };
}

function nameOfControl(character: string): string | undefined {
  const code = character.charCodeAt(0);
  if (CONTROLS[character]) return CONTROLS[character];
  if (code === 0) return "ctrl-space";
  return code < 32 ? `ctrl-${String.fromCharCode(code + 96)}` : undefined;
}

function sequenceKey(values: string, final: string): Key | null {
  if (values.startsWith("<")) return mouseKey(values.slice(1), final);
  const [first, second = "1", third] = values.split(";");
  if (final === "Z") return { kind: "key", name: "shift-tab" };
  if (final === "u") return named(CODES[first] ?? letter(first), modifiersOf(second));
  if (final !== "~") return named(LETTERS[final], modifiersOf(second));
  if (first === "27" && third) return named(CODES[third] ?? letter(third), modifiersOf(second));
  return named(NUMBERS[first], modifiersOf(second));
}

function letter(code: string): string | undefined {
  const value = Number(code);
  return value > 32 && value < 127 ? String.fromCharCode(value).toLowerCase() : undefined;
}

/** xterm adds 1 to a sum of bits. */
function modifiersOf(value: string): string {
  const bits = Number(value) - 1;
  return [bits & 4 ? "ctrl-" : "", bits & 2 ? "alt-" : "", bits & 1 ? "shift-" : ""].join("");
}

/** SGR: button, column, row; `M` is pressed. Releases and movements are nobody's. */
function mouseKey(values: string, final: string): Key | null {
  const [button, column, row] = values.split(";").map(Number);
  if (button === 64 || button === 65) return { kind: "wheel", lines: button === 64 ? -1 : 1 };
  if (button !== 0 || final !== "M") return null;
  return { kind: "click", column: column - 1, row: row - 1 };
}

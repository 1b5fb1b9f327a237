import { ClientError } from "../../../../client/errors.ts";
import { type RawTerminal, SecretLines } from "../../../../client/cli/terminal/secret_line.ts";
import { utf8 } from "../../../../shared/bytes.ts";
import { assertEquals, assertRejects } from "../../../support/assert.ts";

/** A terminal on which the keys are pressed that a test says; each piece comes by itself. */
class FakeTerminal implements RawTerminal {
  shown = "";
  raw = false;
  readonly #keys: (Uint8Array | string)[];

  constructor(...keys: (Uint8Array | string)[]) {
    this.#keys = keys;
  }

  setRaw(raw: boolean): void {
    this.raw = raw;
  }

  read(): Promise<Uint8Array | null> {
    if (!this.raw) throw new Error("what is typed now would be shown");
    const keys = this.#keys.shift();
    if (keys === undefined) return Promise.resolve(null);
    return Promise.resolve(typeof keys === "string" ? utf8(keys) : keys);
  }

  write(text: string): void {
    if (text !== "\n" && !this.raw) throw new Error("a quick answer would be shown");
    this.shown += text;
  }
}

/** The line that comes of these keys. */
async function typed(...keys: (Uint8Array | string)[]): Promise<string> {
  const terminal = new FakeTerminal(...keys);
  const line = await new SecretLines(terminal).ask("Secret: ");
  assertEquals([terminal.shown, terminal.raw], ["Secret: \n", false]);
  return line;
}

Deno.test("secret line: ends with the enter key, and is not shown", async () => {
  assertEquals(await typed("secret\r"), "secret");
  assertEquals(await typed("s", "e", "cret", "\n"), "secret");
  assertEquals(await typed("\r"), "");
  assertEquals(await typed(" a b \r"), " a b ");
});

Deno.test("secret line: backspace takes back what was one character, Ctrl-U all", async () => {
  assertEquals(await typed("ab\x7fc\r"), "ac");
  assertEquals(await typed("a👋\b\bb\r"), "b");
  assertEquals(await typed("\x7f\x7fa\r"), "a");
  assertEquals(await typed("wrong\x15right\r"), "right");
});

Deno.test("secret line: other keys are not taken for text", async () => {
  assertEquals(await typed("a\x1b[Ab\x1b[1;5Cc\x1bOPd\x1b[3~e\te\x00f\r"), "abcdeef");
});

Deno.test("secret line: a character may come in pieces", async () => {
  const [first, ...rest] = utf8("ł\r");
  assertEquals(await typed(Uint8Array.of(first), Uint8Array.from(rest)), "ł");
});

Deno.test("secret line: what was pasted ahead answers the next question", async () => {
  const terminal = new FakeTerminal("one\rtwo\rthr", "ee\r");
  const lines = new SecretLines(terminal);
  const answers = [await lines.ask("1 "), await lines.ask("2 "), await lines.ask("3 ")];
  assertEquals(answers, ["one", "two", "three"]);
  assertEquals(terminal.shown, "1 \n2 \n3 \n");
});

Deno.test("secret line: Ctrl-C, Ctrl-D and the end stop it and restore the terminal", async () => {
  for (const keys of [["sec\x03ret\r"], ["\x04"], ["sec"], []]) {
    const terminal = new FakeTerminal(...keys);
    const error = await assertRejects(() => new SecretLines(terminal).ask("? "), ClientError);
    assertEquals([error.code, terminal.raw], ["interrupted", false]);
  }
});

Deno.test("secret line: a terminal that fails is left as it was", async () => {
  const terminal = new FakeTerminal();
  terminal.read = () => Promise.reject(new TypeError("gone"));
  await assertRejects(() => new SecretLines(terminal).ask("? "), TypeError);
  assertEquals(terminal.raw, false);
});

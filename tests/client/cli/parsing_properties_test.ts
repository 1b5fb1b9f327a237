/** What holds for every command line, whatever the commands are. */
import fc from "fast-check";
import type { AnyCommand } from "../../../client/cli/command.ts";
import type { Operand, Option } from "../../../shared/command.ts";
import { GLOBAL_OPTIONS } from "../../../client/cli/command.ts";
import { parseCommandLine } from "../../../client/cli/command_line.ts";
import { COMMANDS } from "../../../client/cli/commands.ts";
import { didYouMean, UsageError } from "../../../shared/args.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";
import { runs } from "../../support/fuzz.ts";

/** A command line, and what it must be parsed into. */
interface Line {
  readonly args: string[];
  readonly command: AnyCommand;
  readonly expected: Record<string, unknown>;
}

/** Texts of all the forms that some operand or option takes. */
const FORMS = fc.oneof(
  fc.string({ minLength: 1 }).filter((text) => !text.startsWith("-")),
  fc.integer({ min: 1, max: 1e9 }).map(String),
  fc.integer({ min: 1, max: 28 }).map((day) => `2026-01-${String(day).padStart(2, "0")}`),
  fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 32, maxLength: 32 }),
  fc.integer({ min: 1, max: 99 }).map((minutes) => `${minutes}m`),
);

/** A text that may stand for this operand or option, with what comes of it. */
function valueOf({ words, parse }: Operand | Option): fc.Arbitrary<[string, unknown]> {
  if (words) return fc.constantFrom(...words).map((word) => [word, word]);
  const read = (text: string): [string, unknown][] => {
    try {
      return [[text, parse ? parse(text) : text]];
    } catch {
      return [];
    }
  };
  return FORMS.map(read).filter(({ length }) => length > 0).map(([value]) => value);
}

/** The arguments of `command`: all operands, and any of its options, in any order. */
function lineOf(command: AnyCommand): fc.Arbitrary<Line> {
  const operands = Object.entries<Operand>(command.operands).map(([key, operand]) => {
    const one = valueOf(operand);
    const some = operand.repeated ? fc.array(one, { minLength: 1 }) : one.map((value) => [value]);
    return some.map((values) => ({ key, operand, values }));
  });
  const options = Object.entries<Option>(command.options).map(([key, option]) => {
    if (option.value === undefined) {
      return fc.boolean().map((given) => ({ key, given: given ? [`--${key}`] : [], value: given }));
    }
    return fc.option(valueOf(option)).map((given) => ({
      key,
      given: given ? [`--${key}=${given[0]}`] : [],
      value: given?.[1],
    }));
  });
  return fc.tuple(fc.tuple(...operands), fc.tuple(...options), fc.nat()).map(
    ([operands, options, seed]) => {
      const args = [
        command.name,
        ...operands.flatMap(({ values }) => values.map(([text]) => text)),
      ];
      for (const { given } of options) args.splice(seed % (args.length + 1), 0, ...given);
      const expected: Record<string, unknown> = {};
      for (const { key, operand, values } of operands) {
        const parsed = values.map(([, value]) => value);
        expected[key] = operand.repeated ? parsed : parsed[0];
      }
      for (const { key, value } of options) expected[key] = value;
      return { args, command, expected };
    },
  );
}

Deno.test("parsing: what was given comes out, wherever options stand", () => {
  const lines = fc.oneof(...COMMANDS.filter(({ check }) => !check).map(lineOf));
  fc.assert(
    fc.property(lines, ({ args, command, expected }) => {
      const parsed = parseCommandLine(args, COMMANDS);
      assertEquals([parsed.command.name, parsed.args], [command.name, expected]);
    }),
    runs(300),
  );
});

Deno.test("parsing: any arguments are a command or wrong usage", () => {
  const known = COMMANDS.flatMap(({ name, options }) => [
    name,
    ...Object.keys(options).map((option) => `--${option}`),
  ]);
  const word = fc.oneof(fc.constantFrom(...known, "-", "--", "-h", "--out="), fc.string());
  fc.assert(
    fc.property(fc.array(word), (args) => {
      try {
        const { command, options } = parseCommandLine(args, COMMANDS);
        assert(COMMANDS.includes(command));
        assert(typeof options.json === "boolean");
      } catch (error) {
        assert(error instanceof UsageError, String(error));
      }
    }),
    runs(300),
  );
});

Deno.test("parsing: options of the same name are of the same kind", () => {
  const kinds = new Map<string, boolean>();
  for (const options of [GLOBAL_OPTIONS, ...COMMANDS.map(({ options }) => options)]) {
    for (const [name, { value }] of Object.entries<Option>(options)) {
      const takesValue = value !== undefined;
      assertEquals(kinds.get(name) ?? takesValue, takesValue, name);
      kinds.set(name, takesValue);
    }
  }
  assert(
    COMMANDS.every(({ options }) => Object.keys(options).every((key) => !(key in GLOBAL_OPTIONS))),
  );
});

Deno.test("parsing: a word with one slip is close to what was meant", () => {
  const names = COMMANDS.map(({ name }) => name).filter((name) => name.length > 3);
  const slip = fc.record({
    name: fc.constantFrom(...names),
    at: fc.nat(),
    key: fc.constantFrom("q", ""),
  });
  fc.assert(
    fc.property(slip, ({ name, at, key }) => {
      const place = at % name.length;
      const hint = didYouMean(name.slice(0, place) + key + name.slice(place + 1), names);
      assert(/^; did you mean [a-z-]+\?$/.test(hint), hint);
    }),
    runs(300),
  );
  for (const word of ["", "x", "constructor", "x".repeat(100_000)]) {
    assertEquals(didYouMean(word, names), "");
  }
});

Deno.test("command line: the library's own name for operands is no option", () => {
  for (const argument of ["-_", "--_", "--_=x", "--no-_", "-h_"]) {
    assertThrows(
      () => parseCommandLine(["list", argument], COMMANDS),
      UsageError,
      `option ${argument}`,
    );
  }
  assertThrows(() => parseCommandLine(["--", "-_"], COMMANDS), UsageError, 'unknown command "-_"');
});

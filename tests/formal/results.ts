/** What a model expects of its queries, and what ProVerif said of them. */

/** A query of a model: its name, and whether it must hold. */
export interface Expectation {
  readonly name: string;
  readonly holds: boolean;
}

/** A model's text, as far as the runner must know it. */
export interface Model {
  /** The files that precede it, in their order. */
  readonly libraries: readonly string[];
  /** In the order of the queries. */
  readonly expectations: readonly Expectation[];
}

/** What became of one query. */
export interface Outcome {
  readonly name: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * Reads the comments of a model: `(* after FILE … *)` names its libraries, and
 * `(* expect NAME: true *)` (or `false`) stands right before each query.
 * @throws {TypeError} if a query has no expectation, or an expectation no query
 */
export function readModel(text: string): Model {
  const after = /^\(\* after ([\w. ]+) \*\)$/m.exec(text);
  if (!after) throw new TypeError("the model does not say which files precede it");
  const expectations: Expectation[] = [];
  let open = false;
  for (const line of text.split("\n")) {
    const expect = /^\(\* expect ([a-z0-9-]+): (true|false) \*\)$/.exec(line);
    const isQuery = /^query\b/.test(line);
    if (expect) {
      if (open) throw new TypeError(`no query follows an expectation before ${expect[1]}`);
      expectations.push({ name: expect[1], holds: expect[2] === "true" });
    } else if (isQuery && !open) {
      throw new TypeError(`a query without an expectation: ${line}`);
    } else if (open && !isQuery) {
      throw new TypeError(`no query follows the expectation of ${expectations.at(-1)?.name}`);
    }
    open = expect !== null;
  }
  const names = new Set(expectations.map(({ name }) => name));
  if (open || expectations.length === 0 || names.size < expectations.length) {
    throw new TypeError("a model needs queries, each with a name of its own");
  }
  return { libraries: after[1].split(" "), expectations };
}

/**
 * Returns what ProVerif's output says of each expected query. A query that cannot be proved is
 * neither true nor false.
 * @throws {TypeError} if the output has more or fewer results than there are queries
 */
export function outcomesOf({ expectations }: Model, output: string): Outcome[] {
  const results = output.split("\n")
    // The part in parentheses says more of the result before it.
    .filter((line) => line.startsWith("RESULT ") && !line.startsWith("RESULT (even "));
  if (results.length !== expectations.length) {
    const count = `${results.length} results for ${expectations.length} queries`;
    throw new TypeError(`ProVerif gave ${count}`);
  }
  return expectations.map(({ name, holds }, i) => {
    const found = / is (true|false)\.$/.exec(results[i])?.[1] ?? "not proved";
    return { name, expected: `${holds}`, found };
  });
}

import { ClientError } from "../../../../client/errors.ts";
import {
  NEW_PASSPHRASE_VARIABLE,
  PASSPHRASE_VARIABLE,
  Passphrases,
} from "../../../../client/cli/terminal/passphrase.ts";
import { assert, assertEquals, assertRejects } from "../../../support/assert.ts";

interface Situation {
  environment?: Record<string, string | undefined>;
  /** What is typed; without this there is no terminal. */
  typed?: string[];
}

/** The passphrases of one process, and what it asked. */
function start({ environment = {}, typed }: Situation) {
  const questions: string[] = [];
  const passphrases = new Passphrases({
    environment: (variable) => environment[variable],
    ask: typed && ((question) => {
      questions.push(question);
      const answer = typed.shift();
      if (answer === undefined) throw new Error(`nobody answers "${question}"`);
      return Promise.resolve(answer);
    }),
  });
  return { passphrases, questions };
}

async function code(passphrase: Promise<string>): Promise<string> {
  return (await assertRejects(() => passphrase, ClientError)).code;
}

Deno.test("passphrase: the one there is, is asked for once", async () => {
  const { passphrases, questions } = start({ typed: ["secret"] });
  assertEquals(await passphrases.current(), "secret");
  assertEquals(await passphrases.current(), "secret");
  assertEquals(questions, ["Passphrase: "]);
});

Deno.test("passphrase: the environment comes before the terminal", async () => {
  const environment = { [PASSPHRASE_VARIABLE]: "old", [NEW_PASSPHRASE_VARIABLE]: "new" };
  const { passphrases, questions } = start({ environment, typed: [] });
  assertEquals(await passphrases.current(), "old");
  assertEquals(await passphrases.first(), "old");
  assertEquals(await passphrases.next(), "new");
  assertEquals(questions, []);
});

Deno.test("passphrase: a new one is asked for twice", async () => {
  for (const kind of ["first", "next"] as const) {
    const { passphrases, questions } = start({ typed: ["secret", "secret"] });
    assertEquals(await passphrases[kind](), "secret");
    assertEquals(questions, ["New passphrase (at least 8 characters): ", "The same again: "]);
  }
});

Deno.test("passphrase: a new one must be the same twice, and not empty", async () => {
  for (const typed of [["secret", "secrets"], ["secret", ""], ["secret", "Secret"], [""]]) {
    const { passphrases } = start({ typed });
    const error = await assertRejects(() => passphrases.first(), ClientError);
    assertEquals(error.code, "bad-passphrase");
    assert(!error.message.includes("secret"), "it is told");
  }
});

Deno.test("passphrase: with neither source the variable is named", async () => {
  for (const environment of [{}, { [PASSPHRASE_VARIABLE]: "", [NEW_PASSPHRASE_VARIABLE]: "" }]) {
    const { passphrases } = start({ environment });
    for (const kind of ["current", "first"] as const) {
      const error = await assertRejects(() => passphrases[kind](), ClientError);
      assertEquals(error.code, "no-passphrase");
      assert(error.message.endsWith(`set ${PASSPHRASE_VARIABLE}`), error.message);
    }
    const error = await assertRejects(() => passphrases.next(), ClientError);
    assert(error.message.endsWith(`set ${NEW_PASSPHRASE_VARIABLE}`), error.message);
  }
});

Deno.test("passphrase: the old one in the environment is not taken for the new one", async () => {
  const environment = { [PASSPHRASE_VARIABLE]: "old" };
  assertEquals(await code(start({ environment }).passphrases.next()), "no-passphrase");
  const { passphrases } = start({ environment, typed: ["new", "new"] });
  assertEquals(await passphrases.current(), "old");
  assertEquals(await passphrases.next(), "new");
});

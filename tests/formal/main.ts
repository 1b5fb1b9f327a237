/**
 * Proves the models of this folder with ProVerif, and compares each result with the one that its
 * model expects. Without `proverif` on the PATH it says so, and does nothing.
 */
import { outcomesOf, readModel } from "./results.ts";

const FOLDER = new URL(".", import.meta.url);

/** Runs ProVerif on a model; returns what it prints. */
async function prove(libraries: readonly string[], name: string): Promise<string> {
  const args = [...libraries.flatMap((library) => ["-lib", library]), name];
  const { stdout, success } = await new Deno.Command("proverif", { args, cwd: FOLDER }).output();
  const output = new TextDecoder().decode(stdout);
  if (!success) throw new TypeError(`ProVerif failed: ${output.slice(-500)}`);
  return output;
}

async function isThere(): Promise<boolean> {
  try {
    await new Deno.Command("proverif", { args: ["-help"], stdout: "null" }).output();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Proves one model; returns how many results were as expected, and how many were not. */
async function check(name: string): Promise<[good: number, bad: number]> {
  const model = readModel(await Deno.readTextFile(new URL(name, FOLDER)));
  const start = performance.now();
  const outcomes = outcomesOf(model, await prove(model.libraries, name));
  console.log(`${name}, ${((performance.now() - start) / 1000).toFixed(1)} s`);
  let bad = 0;
  for (const { name, expected, found } of outcomes) {
    const isGood = expected === found;
    if (!isGood) bad++;
    console.log(
      `  ${isGood ? "ok    " : "FAILED"} ${name}: ${found}` +
        (isGood ? "" : `, expected ${expected}`),
    );
  }
  return [outcomes.length - bad, bad];
}

if (!await isThere()) {
  console.log(
    "skipped: proverif is not on the PATH (https://proverif.inria.fr), nothing is proved",
  );
  Deno.exit(0);
}
const names: string[] = [];
for await (const { name } of Deno.readDir(FOLDER)) if (name.endsWith(".pv")) names.push(name);
let passed = 0;
let failed = 0;
for (const name of names.sort()) {
  try {
    const [good, bad] = await check(name);
    passed += good;
    failed += bad;
  } catch (error) {
    console.log(`${name}\n  FAILED ${error instanceof Error ? error.message : error}`);
    failed++;
  }
}
console.log(`${passed} passed, ${failed} failed`);
Deno.exit(failed > 0 ? 1 : 0);

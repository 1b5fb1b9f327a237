/**
 * Writes the vectors of PROTOCOL.md §9 and §10, from the root of the project:
 *
 *     deno run --allow-write=tests/vectors tests/shared/session/reference/make_vectors.ts
 */
import { agreementVectors, prekeyVectors } from "./agreement_vectors.ts";
import { contentVectors, paddingVectors } from "./content_vectors.ts";
import { ratchetVectors } from "./ratchet_vectors.ts";
import { resetVectors, safetyNumberVectors } from "./trust_vectors.ts";
import type { Json } from "./vector_json.ts";

/** Where the files lie. */
export const VECTORS = new URL("../../../vectors/session/", import.meta.url);

/** What the files hold, by their names. */
export async function makeVectors(): Promise<Map<string, string>> {
  const vectors: Record<string, Json> = {
    "prekeys.json": await prekeyVectors(),
    "agreement.json": await agreementVectors(),
    "ratchet.json": await ratchetVectors(),
    "contents.json": contentVectors(),
    "padding.json": paddingVectors(),
    "resets.json": await resetVectors(),
    "safety_numbers.json": await safetyNumberVectors(),
  };
  return new Map(
    Object.entries(vectors).map(([name, json]) => [name, JSON.stringify(json, null, 2) + "\n"]),
  );
}

if (import.meta.main) {
  for (const [name, text] of await makeVectors()) {
    Deno.writeTextFileSync(new URL(name, VECTORS), text);
  }
}

/**
 * Writes the vectors of PROTOCOL.md §6 and §8 to §10, from the root of the project:
 *
 *     deno run --allow-write=tests/vectors tests/shared/session/reference/make_vectors.ts
 */
import { agreementVectors, prekeyVectors } from "./agreement_vectors.ts";
import { channelVectors } from "./channel_vectors.ts";
import { contentVectors, paddingVectors } from "./content_vectors.ts";
import { envelopeVectors } from "./envelope_vectors.ts";
import { fileVectors } from "./file_vectors.ts";
import { identityVectors } from "./identity_vectors.ts";
import { kemRatchetVectors, ratchetVectors } from "./ratchet_vectors.ts";
import { resetVectors, safetyNumberVectors } from "./trust_vectors.ts";
import type { Json } from "./vector_json.ts";

/** Where the files lie. */
export const VECTORS = new URL("../../../vectors/session/", import.meta.url);

/** What the files hold, by their names. */
export async function makeVectors(): Promise<Map<string, string>> {
  const vectors: Record<string, Json> = {
    "channel.json": await channelVectors(),
    "identities.json": await identityVectors(),
    "prekeys.json": await prekeyVectors(),
    "agreement.json": await agreementVectors(),
    "ratchet.json": await ratchetVectors(),
    "kem_ratchet.json": await kemRatchetVectors(),
    "envelopes.json": await envelopeVectors(),
    "contents.json": contentVectors(),
    "padding.json": paddingVectors(),
    "file_chunks.json": fileVectors(),
    "resets.json": await resetVectors(),
    "safety_numbers.json": await safetyNumberVectors(),
  };
  const head = { protocol: "messaging-system", version: 3 };
  return new Map(
    Object.entries(vectors).map(([name, json]) => {
      const file = { ...head, ...json as { [key: string]: Json } };
      return [name, JSON.stringify(file, null, 2) + "\n"];
    }),
  );
}

if (import.meta.main) {
  for (const [name, text] of await makeVectors()) {
    Deno.writeTextFileSync(new URL(name, VECTORS), text);
  }
}

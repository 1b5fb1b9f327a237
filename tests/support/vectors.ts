/** Test vectors, which lie in `tests/vectors/`, and the shapes of their files. */
import { assert, assertEquals } from "./assert.ts";

/** A recorded conversation of classic clients with their server. */
export interface Transcript {
  /** The lines of each client's `me.info`: name, ID in hex, private key in base64. */
  "me.info": Record<string, string[]>;
  /** The texts that were sent, in order. */
  texts: string[];
  /** The content of the one file that was sent. */
  file: string;
  steps: {
    step: string;
    /** Whole streams of a connection, in hex. */
    exchanges: { client: string; request: string; response: string }[];
  }[];
}

/** The recorded conversation. */
export function readTranscript(): Transcript {
  return readVectors("classic/transcript.json");
}

/** What a correct implementation does: accepts, refuses, or either (for a stated weakness). */
export type Result = "valid" | "invalid" | "acceptable";

/** What every Wycheproof vector has, whatever else it has. */
export interface Verdict {
  /** The number that the vector has in Wycheproof's file. */
  tcId: number;
  result: Result;
}

interface WycheproofFile<Group, Vector> {
  numberOfTests: number;
  testGroups: (Group & { tests: (Vector & Verdict)[] })[];
}

/** One vector with the group that it belongs to. */
export type Case<Group, Vector> = { group: Group; vector: Vector & Verdict };

/**
 * Registers a test over the Wycheproof file `file`, which gets the vectors of the groups that
 * `wanted` accepts; there must be some.
 */
export function wycheproofTest<Group, Vector>(
  name: string,
  file: string,
  wanted: (group: Group) => boolean,
  test: (cases: Case<Group, Vector>[]) => void | Promise<void>,
): void {
  Deno.test(`${name} (wycheproof/${file})`, async () => {
    const { numberOfTests, testGroups }: WycheproofFile<Group, Vector> = readVectors(
      `wycheproof/${file}`,
    );
    const cases = testGroups.flatMap((group) => group.tests.map((vector) => ({ group, vector })));
    assertEquals(cases.length, numberOfTests);
    const chosen = cases.filter(({ group }) => wanted(group));
    assert(chosen.length > 0, "no vector is wanted");
    await test(chosen);
  });
}

/** A conversation of the cacophony vectors for Noise; all bytes in hex. */
export interface NoiseVector {
  /** `Noise_NX_25519_ChaChaPoly_SHA256`. */
  protocol_name: string;
  init_prologue: string;
  init_ephemeral: string;
  resp_prologue: string;
  resp_static: string;
  resp_ephemeral: string;
  handshake_hash: string;
  /** Those of the handshake and some after it; the parties take turns, the initiator begins. */
  messages: { payload: string; ciphertext: string }[];
}

/** The conversation of the protocol that the channel uses. */
export function readNoiseVector(): NoiseVector {
  return readVectors<{ vectors: [NoiseVector] }>("noise/nx.json").vectors[0];
}

/** Fails unless `accepted`, which is what the implementation did, is right for this vector. */
export function assertVerdict(vector: Verdict, accepted: boolean): void {
  if (vector.result === "acceptable") return;
  assertEquals(accepted ? "valid" : "invalid", vector.result, describe(vector));
}

/** How a failed assertion names a vector. */
export function describe({ tcId }: Verdict): string {
  return `vector ${tcId}`;
}

/** What the JSON file at `path` below `tests/vectors/` holds. */
export function readVectors<T>(path: string): T {
  return JSON.parse(readVectorText(path));
}

/** The text of the file at `path` below `tests/vectors/`. */
export function readVectorText(path: string): string {
  return Deno.readTextFileSync(new URL(`../vectors/${path}`, import.meta.url));
}

/**
 * Test vectors: where they lie and the shapes of their files. Those of `tests/vectors/` are always
 * there; those of `../shared/vectors/` (seen from the root of the project) only where somebody put
 * them, and a test that needs a missing one is reported as ignored, by its name.
 */
import { assert, assertEquals } from "./assert.ts";

const OWN = new URL("../vectors/", import.meta.url);
const EXTERNAL = new URL("../../../shared/vectors/", import.meta.url);

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
  return JSON.parse(Deno.readTextFileSync(new URL("classic/transcript.json", OWN)));
}

/** What a correct implementation does: accepts, refuses, or either (for a stated weakness). */
export type Result = "valid" | "invalid" | "acceptable";

/** What every Wycheproof vector has, whatever else it has. */
export interface Verdict {
  tcId: number;
  comment: string;
  flags: string[];
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
  const url = new URL(`wycheproof/${file}`, EXTERNAL);
  Deno.test({
    name: `${name} (wycheproof/${file})`,
    ignore: !exists(url),
    async fn() {
      const cases = readCases<Group, Vector>(url).filter(({ group }) => wanted(group));
      assert(cases.length > 0, "no vector is wanted");
      await test(cases);
    },
  });
}

/** A conversation of the cacophony vectors for Noise; all bytes in hex. */
export interface NoiseVector {
  /** Like `Noise_NX_25519_AESGCM_SHA256`. */
  protocol_name: string;
  init_prologue: string;
  init_static?: string;
  init_ephemeral: string;
  init_remote_static?: string;
  resp_prologue: string;
  resp_static?: string;
  resp_ephemeral: string;
  handshake_hash: string;
  /** Those of the handshake and some after it; the parties take turns, the initiator begins. */
  messages: { payload: string; ciphertext: string }[];
}

/** Registers a test over the Noise vectors. */
export function noiseTest(name: string, test: (vectors: NoiseVector[]) => void): void {
  const file = "noise/cacophony-subset.json";
  const url = new URL(file, EXTERNAL);
  Deno.test({
    name: `${name} (${file})`,
    ignore: !exists(url),
    fn: () => test(JSON.parse(Deno.readTextFileSync(url)).vectors),
  });
}

/** Fails unless `accepted`, which is what the implementation did, is right for this vector. */
export function assertVerdict(vector: Verdict, accepted: boolean): void {
  if (vector.result === "acceptable") return;
  assertEquals(accepted ? "valid" : "invalid", vector.result, describe(vector));
}

/** How a failed assertion names a vector. */
export function describe({ tcId, comment, flags }: Verdict): string {
  return `vector ${tcId}: ${comment} [${flags.join(", ")}]`;
}

function readCases<Group, Vector>(url: URL): Case<Group, Vector>[] {
  const file: WycheproofFile<Group, Vector> = JSON.parse(Deno.readTextFileSync(url));
  const cases = file.testGroups.flatMap((group) =>
    group.tests.map((vector) => ({ group, vector }))
  );
  assertEquals(cases.length, file.numberOfTests);
  return cases;
}

function exists(url: URL): boolean {
  try {
    return Deno.statSync(url).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * The rules of the project's shape: who may import whom, and where the outside world, randomness
 * and time come in. A file that needs to be on one of the lists is a decision, not an accident.
 */
import {
  forbiddenReach,
  misplacedImports,
  namesOutside,
  outsideOf,
  PATTERNS,
  unresolvedImports,
  unusedEntries,
} from "./support/architecture.ts";
import { assert, assertEquals } from "./support/assert.ts";
import { listFiles, readImportMap, readModules, readText } from "./support/project.ts";

/** What could make the server able to read a message: "the server cannot read" is this list. */
const SECRETS_OF_CLIENTS = [
  "shared/session/",
  "shared/crypto/classic/aes_cbc.ts",
  "shared/crypto/classic/classic.ts",
  "shared/crypto/file_chunks.ts",
];

/** Where a process meets the world: sockets, files, the terminal. Only these say `Deno`. */
const WORLD = [
  "client/classic/classic_link.ts",
  "client/cli/self_test.ts",
  "client/disk/files.ts",
  "client/main.ts",
  "client/network/connect.ts",
  "client/disk/private_file.ts",
  "client/network/failures.ts",
  "client/network/secure_opening.ts",
  "client/transfers/transfer_files.ts",
  "client/cli/terminal/terminal.ts",
  "server/contents/blob_store.ts",
  "server/contents/chunk_file.ts",
  "server/contents/chunk_store.ts",
  "server/connections/connection.ts",
  "server/connections/listener.ts",
  "server/main.ts",
  "server/server_key.ts",
  "server/storage/open_storage.ts",
  "shared/files.ts",
];

/** Only these exit, or read the environment. */
const MAINS = ["client/main.ts", "server/main.ts"];

/** Only these make randomness; everything else is given it. */
const RANDOMNESS = [
  "server/main.ts",
  "server/server_key.ts",
  "shared/crypto/random.ts",
];

/** Only these read a clock; everything else is given one. */
const CLOCKS = [
  "client/main.ts",
  "client/network/secure_opening.ts", // how long the server has been silent
  "server/main.ts",
];

/** What of the runtime may be imported, and where. Whatever is not named here: nowhere. */
const HOMES = {
  "@noble/": ["shared/crypto/"],
  "node:crypto": ["shared/crypto/"],
  "node:buffer": ["shared/crypto/"],
  "node:sqlite": ["shared/sqlite.ts"],
  "node:timers": ["server/"],
  "node:zlib": ["server/contents/"],
  "node:": [],
};

const modules = readModules();

Deno.test("architecture: the test sees the project", () => {
  for (const side of ["server/", "client/", "shared/", "tests/"]) {
    assert(modules.paths(side).length > 5, side);
  }
  assert(modules.reach("server/main.ts").size > 10);
  assert(modules.reach("client/main.ts").size > 10);
});

Deno.test("architecture: every import leads to a file, a mapped package, or the runtime", () => {
  assertEquals(unresolvedImports(modules), []);
});

Deno.test("architecture: every entry of the import map is used", () => {
  assertEquals(unusedEntries(modules, readImportMap()), []);
});

Deno.test("architecture: shared imports neither side, nor the tests", () => {
  assertEquals(forbiddenReach(modules, "shared/", ["server/", "client/", "tests/"]), []);
});

Deno.test("architecture: the sides never import each other, nor the tests", () => {
  assertEquals(forbiddenReach(modules, "server/", ["client/", "tests/"]), []);
  assertEquals(forbiddenReach(modules, "client/", ["server/", "tests/"]), []);
});

Deno.test("architecture: the server cannot read messages", () => {
  assertEquals(forbiddenReach(modules, "server/", SECRETS_OF_CLIENTS), []);
});

Deno.test("architecture: Deno only where a process meets the world", () => {
  assertEquals(outsideOf(modules, PATTERNS.deno, WORLD), []);
  assertEquals(outsideOf(modules, PATTERNS.disguise, []), []);
});

Deno.test("architecture: only main exits or reads the environment", () => {
  assertEquals(outsideOf(modules, PATTERNS.exitOrEnvironment, MAINS), []);
});

Deno.test("architecture: randomness and clocks are given, not taken", () => {
  assertEquals(outsideOf(modules, PATTERNS.randomness, RANDOMNESS), []);
  assertEquals(outsideOf(modules, PATTERNS.clock, CLOCKS), []);
});

Deno.test("architecture: primitives and the runtime's modules only in their homes", () => {
  assertEquals(misplacedImports(modules, HOMES), []);
  assertEquals(outsideOf(modules, PATTERNS.webCrypto, ["shared/crypto/"]), []);
});

Deno.test("architecture: nothing names a folder outside of the project", () => {
  assertEquals(listFiles().filter((path) => namesOutside(path, readText(path))), []);
});

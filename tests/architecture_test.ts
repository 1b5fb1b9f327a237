/**
 * The rules of the project's shape: who may import whom, and where the outside world, randomness
 * and time come in. A file that needs to be on one of the lists is a decision, not an accident.
 */
import { assert, assertEquals } from "./support/assert.ts";
import { logCalls } from "./support/architecture/log_calls.ts";
import { listFiles, readImportMap, readImports, readText } from "./support/architecture/project.ts";
import {
  circles,
  dynamicImports,
  forbiddenReach,
  loadedAtOnce,
  misplacedImports,
  namesOutside,
  type Rooms,
  strayImports,
  unusedEntries,
  usesOutside,
} from "./support/architecture/rules.ts";
import { uses } from "./support/architecture/uses.ts";

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
  "client/disk/folder_archive.ts",
  "client/main.ts",
  "client/network/connect.ts",
  "client/daemon/endpoint.ts",
  "client/daemon/engine_server.ts",
  "client/daemon/port_proof.ts",
  "client/disk/number_log.ts",
  "client/disk/private_file.ts",
  "client/network/failures.ts",
  "client/network/secure_opening.ts",
  "client/transfers/transfer_files.ts",
  "client/cli/terminal/programs.ts",
  "client/cli/terminal/terminal.ts",
  "client/tui/input/path_offers.ts",
  "client/tui/terminal/tty.ts",
  "server/accept.ts",
  "server/admin/admin_server.ts",
  "server/admin/open_admin.ts",
  "server/backup/archive.ts",
  "server/backup/copy_into.ts",
  "server/backup/draft.ts",
  "server/backup/repair_folder.ts",
  "server/backup/replace_database.ts",
  "server/backup/restore_backup.ts",
  "server/backup/steady_file.ts",
  "server/backup/verification.ts",
  "server/backup/write_backup.ts",
  "server/contents/blob_store.ts",
  "server/contents/chunk_file.ts",
  "server/contents/chunk_store.ts",
  "server/connections/connection.ts",
  "server/connections/listener.ts",
  "server/commands/compact.ts",
  "server/commands/backup.ts",
  "server/commands/health.ts",
  "server/commands/progress_line.ts",
  "server/commands/serve.ts",
  "server/control/control_place.ts",
  "server/control/control_server.ts",
  "server/data_folder.ts",
  "server/main.ts",
  "server/server_key.ts",
  "server/service_manager.ts",
  "server/signals.ts",
  "server/storage/open_storage.ts",
  "server/storage/sqlite/checkpoint_worker.ts",
  "shared/files.ts",
];

/** Only these exit, or read the environment. */
const MAINS = ["client/main.ts", "server/main.ts"];

/** Only these load modules when they need them: a command starts with no more than its own. */
const LOADERS = [
  "client/cli/commands/",
  "client/cli/cli.ts", // what runs commands
  "client/cli/run.ts", // the engine
  "client/cli/context.ts", // what tells of messages
  "client/cli/chat.ts", // ink, for the chat on a full screen
  // What measures texts, which builds large tables when it is loaded.
  "client/cli/output/conversations.ts",
  "client/cli/terminal/late_bar.ts",
];

/** All packages that any command needs to be found, and its arguments to be read. */
const OF_THE_COMMAND_LINE = ["@std/cli/parse-args", "@std/text/levenshtein-distance"];

/** Only these make randomness; everything else is given it. */
const RANDOMNESS = [
  "server/server_key.ts",
  "shared/crypto/random.ts",
];

/** Only these read a clock; everything else is given one. */
const CLOCKS = [
  "client/main.ts",
  "client/network/silence.ts", // how long the server has been silent
  "server/main.ts",
];

/** What of the runtime may be imported, and where. Whatever is not named here: nowhere. */
const HOMES = {
  "@noble/": ["shared/crypto/"],
  "node:crypto": ["shared/crypto/", "client/profile/version_03/aes_gcm.ts"],
  "node:buffer": ["shared/crypto/"],
  "node:fs/promises": ["server/contents/"],
  "node:sqlite": ["shared/sqlite.ts"],
  "node:timers": ["server/", "shared/sleep.ts"],
  "node:async_hooks": ["client/cli/engine/note_of_work.ts"],
  "node:zlib": ["server/contents/", "server/backup/"],
  "node:process": ["client/tui/drawing/ink_view.tsx"],
  "node:": [],
};

/** All properties that a record may have. None is a payload, a key, a name or a client's ID. */
const LOGGED = [
  "advice", // what the operator should do
  "address", // of a peer, where --log-addresses allows it
  "blob", // the random name of a file
  "blobs",
  "chunk", // a number
  "code", // of a request
  "count",
  "error", // of the system or of the storage, which know no names of clients
  "reserve", // bytes
  "total", // bytes
  "failure", // what did not go on
  "hours", // by which a clock has jumped
  "limit", // one of LIMITS in server/metrics/metrics.ts
  "reason", // the name of an error, such as "over-quota"
  "signal",
  "swept", // how many
];

/** What no value may come from, whatever its property is called. */
const NEVER_LOGGED = new RegExp(
  "\\b(asker|mailbox|owner|target|receivers?|clientId|identity|publicKey|secret|token|" +
    "payload|content|inline|text)\\b",
);

/** What the rooms of the client may use that lie on the ground. */
const GROUND = [
  "client/errors.ts",
  "client/events.ts",
  "client/disk/",
  "client/network/address.ts",
];
const PROFILE = ["client/profile/", "client/profile/tables/"];
const PEOPLE = [...GROUND, ...PROFILE, "client/network/", "client/contacts/"];
const OPERATIONS = [
  ...PEOPLE,
  "client/transfers/",
  "client/sessions/",
  "client/classic/",
  "client/inbox/",
];
const FRONT = [...OPERATIONS, "client/", "client/open_client.ts"];
const SERVICES = [
  "server/services.ts",
  "server/storage/",
  "server/contents/",
  "server/limits/",
  "server/metrics/",
];

const CHAT = [
  "client/cli/output/",
  "client/tui/terminal/",
  "client/tui/link/",
  "client/tui/lines/",
  "client/tui/state/",
];

/** Which room may import which. A room below never knows a room above; all may import `shared`. */
const ROOMS: Rooms = {
  "shared/": [],
  "shared/crypto/": ["shared/"],
  "shared/crypto/classic/": ["shared/", "shared/crypto/"],
  "shared/protocol/": ["shared/", "shared/crypto/"],
  "shared/protocol/secure/": ["shared/", "shared/crypto/", "shared/protocol/"],
  "shared/protocol/classic/": ["shared/", "shared/protocol/", "shared/protocol/secure/"],
  "shared/channel/": ["shared/", "shared/crypto/", "shared/protocol/"],
  "shared/session/": ["shared/", "shared/crypto/", "shared/protocol/"],

  "client/errors.ts": [],
  "client/events.ts": [],
  "client/disk/": ["client/errors.ts"],
  "client/network/address.ts": ["client/errors.ts"],
  "client/profile/sealing/": ["client/errors.ts", "client/events.ts"],
  "client/profile/tables/": [...GROUND, "client/profile/sealing/"],
  "client/profile/version_03/": [...GROUND, "client/profile/sealing/", "client/profile/tables/"],
  "client/profile/": [
    ...GROUND,
    "client/profile/sealing/",
    "client/profile/tables/",
    "client/profile/version_03/",
  ],
  "client/network/": GROUND,
  "client/contacts/": [...GROUND, ...PROFILE, "client/network/"],
  "client/transfers/": PEOPLE,
  "client/sessions/": [...PEOPLE, "client/transfers/"],
  "client/classic/": [...PEOPLE, "client/transfers/"],
  "client/inbox/": OPERATIONS,
  "client/": OPERATIONS,
  "client/open_client.ts": [...OPERATIONS, "client/"],
  "client/daemon/": FRONT,
  "client/tui/terminal/": [],
  "client/tui/link/": ["client/daemon/"],
  "client/tui/plain/": ["client/cli/output/", "client/tui/link/"],
  "client/tui/lines/": ["client/cli/output/", "client/tui/link/", "client/tui/terminal/"],
  "client/tui/state/": ["client/cli/output/", "client/tui/link/", "client/tui/lines/"],
  "client/tui/input/": CHAT,
  "client/tui/drawing/": CHAT,
  "client/tui/": [
    ...CHAT,
    "client/errors.ts",
    "client/daemon/",
    "client/tui/input/",
    "client/tui/drawing/",
  ],
  "client/cli/output/": [...OPERATIONS, "client/", "client/daemon/"],
  "client/cli/terminal/": [
    "client/errors.ts",
    "client/daemon/",
    "client/disk/",
    "client/transfers/",
    "client/cli/output/",
  ],
  "client/cli/commands/": [
    ...FRONT,
    "client/daemon/",
    "client/cli/",
    "client/cli/engine/",
    "client/cli/output/",
    "client/cli/terminal/",
  ],
  "client/cli/engine/": [
    ...FRONT,
    "client/daemon/",
    "client/cli/",
    "client/cli/output/",
    "client/cli/terminal/",
  ],
  // `commands.ts` lists the commands, each of which says what it is in the words of `command.ts`.
  "client/cli/": [
    ...FRONT,
    "client/daemon/",
    "client/tui/",
    "client/tui/link/",
    "client/tui/plain/",
    "client/tui/terminal/",
    "client/cli/commands/",
    "client/cli/engine/",
    "client/cli/output/",
    "client/cli/terminal/",
  ],
  "client/main.ts": ["client/cli/", "client/disk/"],

  "server/log.ts": ["server/repetitions.ts"],
  "server/repetitions.ts": [],
  "server/metrics/": ["server/storage/"],
  "server/path_errors.ts": [],
  "server/server_key.ts": ["server/data_folder.ts", "server/path_errors.ts"],
  "server/storage/": [],
  "server/storage/sqlite/": ["server/storage/"],
  "server/storage/open_storage.ts": ["server/storage/", "server/storage/sqlite/"],
  "server/contents/": ["server/storage/"],
  "server/backup/": [
    "server/contents/",
    "server/data_folder.ts",
    "server/path_errors.ts",
    "server/server_key.ts",
    "server/storage/",
    "server/storage/sqlite/",
  ],
  "server/limits/": ["server/storage/"],
  "server/config/": ["server/limits/", "server/log.ts"],
  "server/services.ts": [...SERVICES, "server/storage/open_storage.ts", "server/log.ts"],
  "server/wire/": SERVICES,
  "server/handlers/": [...SERVICES, "server/wire/"],
  "server/classic/": [...SERVICES, "server/wire/", "server/handlers/"],
  "server/secure/": [...SERVICES, "server/wire/", "server/handlers/"],
  "server/upkeep/": SERVICES,
  "server/accept.ts": [],
  "server/admin/": [...SERVICES, "server/accept.ts"],
  "server/connections/": [
    ...SERVICES,
    "server/accept.ts",
    "server/wire/",
    "server/classic/",
    "server/secure/",
  ],
  "server/control/": [
    ...SERVICES,
    "server/accept.ts",
    "server/data_folder.ts",
    "server/upkeep/",
  ],
  "server/data_folder.ts": ["server/path_errors.ts"],
  "server/service_manager.ts": [],
  "server/signals.ts": [],
  // `commands.ts` lists the commands, each of which says what it is in the words of `command.ts`.
  "server/commands/": [
    ...SERVICES,
    "server/",
    "server/admin/",
    "server/backup/",
    "server/config/",
    "server/connections/",
    "server/control/",
    "server/data_folder.ts",
    "server/log.ts",
    "server/server_key.ts",
    "server/service_manager.ts",
    "server/signals.ts",
    "server/upkeep/",
  ],
  "server/": ["server/commands/", "server/config/"],
  "server/main.ts": ["server/", "server/config/", "server/path_errors.ts", "server/storage/"],
};

const imports = await readImports();
const used = new Map(
  [...imports.keys()].filter((path) => /^(client|server|shared)\//.test(path))
    .map((path) => [path, uses(readText(path))]),
);

Deno.test("architecture: the test sees the project", () => {
  for (const side of ["server/", "client/", "shared/", "tests/"]) {
    assert([...imports.keys()].filter((path) => path.startsWith(side)).length > 40, side);
  }
  assert(forbiddenReach(imports, "server/main.ts", ["shared/"]).length > 10);
  assert(forbiddenReach(imports, "client/main.ts", ["shared/"]).length > 10);
});

Deno.test("architecture: no circle of imports", () => {
  assertEquals(circles(imports), []);
});

Deno.test("architecture: a room imports no room above it", () => {
  assertEquals(strayImports(imports, ROOMS, ["shared/"]), []);
});

Deno.test("architecture: only these load modules when they need them", () => {
  const late = dynamicImports(imports).map((line) => line.split(" imports ")[0]);
  assertEquals(late.filter((path) => !LOADERS.some((loader) => path.startsWith(loader))), []);
});

Deno.test("architecture: --version and --help load the command line, and nothing else", () => {
  const { files, packages } = loadedAtOnce(imports, "client/main.ts");
  const rooms = ["client/cli/", "client/disk/", "client/errors.ts", "client/main.ts", "shared/"];
  const small = [
    "deno.json", // the version
    "client/contacts/own_name.ts",
    "client/contacts/strangers.ts",
    "client/network/address.ts",
    "client/network/failures.ts",
  ];
  const known = [...rooms, ...small];
  assertEquals(files.filter((path) => !known.some((start) => path.startsWith(start))), []);
  assertEquals(packages.filter((name) => !name.startsWith("node:")), OF_THE_COMMAND_LINE);
});

Deno.test("architecture: a command that sends a text loads neither the chat nor an engine", () => {
  const { files, packages } = loadedAtOnce(imports, "client/cli/run.ts");
  const unwanted = ["client/tui/", "client/cli/output/text_layout.ts", "client/daemon/rpc_peer.ts"];
  assertEquals(files.filter((path) => unwanted.some((start) => path.startsWith(start))), []);
  for (const name of ["ink", "react", "string-width"]) assert(!packages.includes(name), name);
});

Deno.test("architecture: every entry of the import map is used", () => {
  assertEquals(unusedEntries(imports, readImportMap()), []);
});

Deno.test("architecture: shared imports neither side, nor the tests", () => {
  assertEquals(forbiddenReach(imports, "shared/", ["server/", "client/", "tests/"]), []);
});

Deno.test("architecture: the sides never import each other, nor the tests", () => {
  assertEquals(forbiddenReach(imports, "server/", ["client/", "tests/"]), []);
  assertEquals(forbiddenReach(imports, "client/", ["server/", "tests/"]), []);
});

Deno.test("architecture: the server cannot read messages", () => {
  assertEquals(forbiddenReach(imports, "server/", SECRETS_OF_CLIENTS), []);
});

Deno.test("architecture: Deno only where a process meets the world", () => {
  assertEquals(usesOutside(used, "Deno", WORLD), []);
  // Ink listens for signals by the means of Node; only these keep it from ending the process.
  assertEquals(usesOutside(used, "disguise", ["client/tui/drawing/ink_view.tsx"]), []);
});

Deno.test("architecture: only main exits or reads the environment", () => {
  assertEquals(usesOutside(used, "exit or environment", MAINS), []);
});

Deno.test("architecture: randomness and clocks are given, not taken", () => {
  assertEquals(usesOutside(used, "randomness", RANDOMNESS), []);
  assertEquals(usesOutside(used, "clock", CLOCKS), []);
});

Deno.test("architecture: primitives and the runtime's modules only in their homes", () => {
  assertEquals(misplacedImports(imports, HOMES), []);
  assertEquals(usesOutside(used, "Web Crypto", ["shared/crypto/"]), []);
});

Deno.test("architecture: nothing names a folder outside of the project", () => {
  assertEquals(listFiles().filter((path) => namesOutside(path, readText(path))), []);
});

Deno.test("architecture: no call of the server's log has what could be a secret", () => {
  const files = listFiles("server/").filter((path) => path.endsWith(".ts"));
  const all = files.flatMap((path) => logCalls(readText(path)).map((call) => ({ path, ...call })));
  assert(all.length > 15, `${all.length} calls were found`);
  for (const { path, template, properties } of all) {
    const where = `${path}: ${template}`;
    assert(template !== null && properties !== null, `${where} is not written out`);
    for (const [name, value] of Object.entries(properties)) {
      assert(LOGGED.includes(name), `${where} has {${name}}; if it is no secret, allow it here`);
      assert(!NEVER_LOGGED.test(value), `${where} has ${value}`);
    }
    for (const [, name] of template.matchAll(/\{([^}]*)\}/g)) {
      assert(name in properties, `${where} has no {${name}}`);
    }
  }
});

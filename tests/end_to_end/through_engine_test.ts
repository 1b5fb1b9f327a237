/**
 * The commands once more, through engines: what they print and their exit codes are the same. The
 * slower files go through engines in `long/through_engine_test.ts`.
 */
import "../support/client/through_engines.ts";
import { assertEquals } from "../support/assert.ts";
import "../client/cli/commands/fetch_test.ts";
import "../client/cli/commands/send_file_test.ts";
import "./changes_test.ts";
import "./contacts_test.ts";
import "./conversation_test.ts";
import "./files_test.ts";
import "./offline_first_test.ts";
import "./original_test.ts";
import "./reading_test.ts";
import "./sending_test.ts";
import "./unreadable_test.ts";

const TESTS = new URL("../", import.meta.url);
const BOTH_WAYS = ["end_to_end/through_engine_test.ts", "long/through_engine_test.ts"];
const FOLDERS = ["end_to_end/", "client/cli/", "client/cli/commands/"];

/** The other files with commands, and why these cannot run through an engine of the test's. */
const ALONE: Readonly<Record<string, string>> = {
  "end_to_end/chat_test.ts": "the chat is an engine, and is killed by its lock; one test has both",
  "end_to_end/colour_test.ts": "it goes both ways itself: it starts and stops the engine",
  "end_to_end/completions_test.ts": "it compares a profile without an engine and with one",
  "end_to_end/daemon_test.ts": "the daemon is the engine",
  "end_to_end/engine_crowd_test.ts": "it uses engines itself",
  "end_to_end/engine_test.ts": "it starts, kills and replaces the engine",
  "end_to_end/hostile_server_test.ts": "each command names another --server; an engine has one",
  "end_to_end/lost_server_test.ts": "an engine hears of the loss before the command, and says so",
  "end_to_end/notifying_test.ts": "receive --follow and the daemon are engines",
  "end_to_end/plain_chat_test.ts": "the chat is an engine; other commands go through it there",
  "end_to_end/protected_profile_test.ts": "an engine holds the passphrase that must be missing",
  "client/cli/commands/conversations_test.ts": "a profile that is filled beside its engine",
  "client/cli/secure_commands_test.ts": "each command has --server, which an engine does not take",
  "client/cli/unregister_test.ts": "each command has --server, which an engine does not take",
  "client/cli/waiting_test.ts": "each command has --server, which an engine does not take",
};

/** The files that run commands by the helpers. */
function filesWithCommands(): string[] {
  const files = FOLDERS.flatMap((folder) =>
    [...Deno.readDirSync(new URL(folder, TESTS))].map(({ name }) => folder + name)
  );
  return files.filter((file) =>
    file.endsWith("_test.ts") && !BOTH_WAYS.includes(file) &&
    /support\/client_(?:here|process)\.ts"/.test(Deno.readTextFileSync(new URL(file, TESTS)))
  );
}

/** The files that `file` imports, as seen from the folder of all tests. */
function importsOf(file: string): string[] {
  const url = new URL(file, TESTS);
  const imports = Deno.readTextFileSync(url).matchAll(/^import "(.+_test\.ts)";$/gm);
  return [...imports].map(([, path]) => new URL(path, url).href.slice(TESTS.href.length));
}

Deno.test("through engines: all files with commands, but those that say why not", () => {
  const there = [...BOTH_WAYS.flatMap(importsOf), ...Object.keys(ALONE)];
  assertEquals(there.toSorted(), filesWithCommands().toSorted());
});

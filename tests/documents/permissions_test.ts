/** The tasks and the executables may do the same, and no more than they must. */
import config from "../../deno.json" with { type: "json" };
import { assert, assertEquals } from "../support/assert.ts";
import { readDocument } from "../support/documents.ts";

const { tasks } = config;

/** What a command line of Deno permits and forbids. */
function permissionsOf(command: string): string[] {
  return command.replaceAll("'", "").split(" ")
    .filter((word) => /^--(allow|deny|ignore|unstable|no-prompt)|^-A$/.test(word)).toSorted();
}

/** What both programs have: ports, addresses and paths are known only when they run. */
const BOTH = ["--allow-net", "--allow-read", "--allow-write", "--deny-import", "--no-prompt"];

const EXPECTED = {
  server: [
    ...BOTH,
    "--allow-env=MESSAGING_*,NOTIFY_SOCKET",
    "--allow-sys=statfs",
    "--unstable-net", // datagrams to systemd
  ],
  client: [
    ...BOTH,
    "--allow-env=MESSAGING_PROFILE,MESSAGING_PASSPHRASE,MESSAGING_NEW_PASSPHRASE,HOME,XDG_STATE_HOME,XDG_DATA_HOME,XDG_RUNTIME_DIR,LOCALAPPDATA,APPDATA,VISUAL,EDITOR,TERM,NO_COLOR,NODE_ENV",
    "--ignore-env", // packages look for more, which to them is not set
    // To connect anew when they change, and to use no profile or engine of someone else.
    "--allow-sys=networkInterfaces,uid",
    "--allow-run", // given back at once by all but what the user asks to run a program
  ],
};

for (const side of ["server", "client"] as const) {
  Deno.test(`permissions: ${side}, as a task and compiled`, () => {
    const expected = EXPECTED[side].toSorted();
    assertEquals(permissionsOf(tasks[side].command), expected);
    assertEquals(permissionsOf(tasks[`compile:${side}`].command), expected);
  });
}

Deno.test("permissions: the server can tell systemd that it is ready, as the unit expects", () => {
  const unit = readDocument("server/packaging/messaging-server.service");
  assert(unit.includes("\nType=notify\n"));
  assert(/^RestrictAddressFamilies=.*\bAF_UNIX\b/m.test(unit));
});

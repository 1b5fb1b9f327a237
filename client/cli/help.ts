/** The help of the command line. */
import type { CommandName } from "./command_line.ts";

interface CommandHelp {
  /** What must follow the command; what may, in brackets. */
  operands: string[];
  summary: string;
  details: string;
}

const INTERRUPTED =
  "Ctrl-C, a lost connection or a crash stop a file where it is: the next receive goes on from\n" +
  "there, and so does send-file of the same file. From and to classic clients it begins anew.";
const PROGRESS =
  "On a terminal a bar shows how far files of more than 1 MiB are; with --json standard\n" +
  'error has a line {"progress":{"file","done","size","rate","left"}} at most twice a second,\n' +
  "in bytes, bytes a second, and seconds (null: not known yet).";

/** Every command, in the order in which they are shown. */
export const COMMANDS: Record<CommandName, CommandHelp> = {
  "menu": {
    operands: [],
    summary: "The interactive menu; the default",
    details: "Reads its choices from standard input, a line each.",
  },
  "register": {
    operands: ["NAME"],
    summary: "Make a new identity and register it",
    details:
      "NAME has 2 characters to 254 bytes. The identity is kept in the profile; with --server\n" +
      "the address is kept in server.info, too.\n\nOptions:\n" +
      "  --classic          Make an identity of the old, unauthenticated protocol (in me.info)",
  },
  "whoami": {
    operands: [],
    summary: "Show the profile's own ID and name",
    details: "Asks no server.",
  },
  "list": {
    operands: [],
    summary: "List all other clients",
    details:
      "One a line: ID, name, alias, and what is to be known of the client: unauthenticated (it\n" +
      "speaks the old protocol, and anybody could act in its name), verified, blocked.",
  },
  "key": {
    operands: ["NAME"],
    summary: "Show a client's public key",
    details: "160 bytes, in hex: of a secure client its identity, of a classic one RSA-1024 in\n" +
      "SubjectPublicKeyInfo DER.",
  },
  "request-key": {
    operands: ["NAME"],
    summary: "Ask a classic client for a key",
    details: "It answers when it next receives its messages.",
  },
  "send-key": {
    operands: ["NAME"],
    summary: "Send a classic client a key",
    details: "Rarely needed: send and send-file do it by themselves where no key is known.",
  },
  "send": {
    operands: ["NAME", "[TEXT]"],
    summary: "Send a text",
    details: "Without TEXT, or with -, the text is read from standard input, up to its end; one\n" +
      "line end at its end is left out. At most 1 MiB of UTF-8.\n\n" +
      "Where the server cannot be reached now, the text for a secure client is kept and sent by\n" +
      "the next command that reaches it; the exit code is 1 then.",
  },
  "send-file": {
    operands: ["NAME", "PATH..."],
    summary: "Send files",
    details:
      "Of any size; to classic clients up to 1 GiB each, and without their names. With - in\n" +
      "place of PATH the file is read from standard input.\n\nOptions:\n" +
      "  --name FILENAME    What a file from standard input is called\n\n" +
      INTERRUPTED + "\n\n" +
      "A file must not change until it is sent. To give one up: transfers cancel ID.\n\n" +
      PROGRESS,
  },
  "receive": {
    operands: [],
    summary: "Collect and show the waiting messages",
    details:
      "Options:\n  --out DIR          Folder for received files (default: the current folder)\n" +
      "  --no-files         Fetch no files: only tell which ones wait\n" +
      "  --max-size SIZE    Fetch no files that are larger, such as 10M, 1.5G or 4GiB\n" +
      "  --follow           Go on: show messages as they come, until stopped with Ctrl-C\n\n" +
      "Files that wait are fetched with the command fetch. From classic clients they come with\n" +
      "the message, always.\n\n" +
      "Answers requests for keys. A message that cannot be decrypted is reported, kept, and\n" +
      "tried again when its sender has sent a key; the exit code is 1 then.\n\n" +
      INTERRUPTED + "\n\n" + PROGRESS,
  },
  "files": {
    operands: [],
    summary: "List the files that wait to be fetched",
    details:
      "One a line: ID, sender, name, size, and when it was sent. Asks no server: what came\n" +
      "since is told of by receive.",
  },
  "fetch": {
    operands: ["ID"],
    summary: "Fetch a file that waits",
    details: "ID is the number that files and receive show.\n\nOptions:\n" +
      "  --out DIR          Folder for the file (default: the current folder)\n\n" +
      INTERRUPTED + "\n\n" + PROGRESS,
  },
  "transfers": {
    operands: ["[cancel", "ID]"],
    summary: "List the files on their way, or give one up",
    details:
      "One a line: ID, which way, with whom, name, and how far it is. With cancel nothing more\n" +
      "is sent or fetched of it, and what there is of it is removed; a received file cannot be\n" +
      "fetched any more.",
  },
  "history": {
    operands: ["NAME"],
    summary: "Show what was sent to a client and received from it",
    details: "Asks no server. Times are local. A file is told by its name and size.\n\nOptions:\n" +
      "  --search WORD      Only what holds WORD, in upper or lower case",
  },
  "forget": {
    operands: ["NAME"],
    summary: "Delete the history with a client",
    details: "Here, not at the other side. Asks no server, and cannot be undone.",
  },
  "verify": {
    operands: ["NAME"],
    summary: "Show the safety number to compare with a contact",
    details:
      "Both see the same 60 digits, or nobody must trust the keys: compare them face to face or\n" +
      "on the telephone, not in messages. On a terminal there is a QR code, too.\n\nOptions:\n" +
      "  --yes              They are the same: mark the contact as verified",
  },
  "alias": {
    operands: ["NAME", "[ALIAS]"],
    summary: "Call a client by another name here",
    details:
      "ALIAS can be used instead of NAME from then on; nobody else sees it. Without ALIAS\n" +
      "it is removed.",
  },
  "block": {
    operands: ["NAME"],
    summary: "Show nothing more of a client",
    details: "Its messages are taken from the server and dropped.",
  },
  "unblock": {
    operands: ["NAME"],
    summary: "Take a block back",
    details: "What came meanwhile does not come back.",
  },
  "card": {
    operands: [],
    summary: "Show the own card, NAME#ID, to be given to others",
    details: "Whoever adds it is certain of the keys that belong to it. Asks no server.",
  },
  "add": {
    operands: ["CARD"],
    summary: "Add a contact by its card",
    details: "CARD is NAME#ID, as the command card shows it. The server must give the keys that\n" +
      "belong to this ID; whoever else has that name there is not meant.",
  },
  "passphrase": {
    operands: ["set|change|remove"],
    summary: "Protect the profile by a passphrase",
    details:
      "Without it nothing in the profile can be read, and it cannot be restored. It is asked\n" +
      "for on the terminal, by every command, or taken from the environment:\n\n" +
      "  MESSAGING_PASSPHRASE      The passphrase; for set, the new one\n" +
      "  MESSAGING_NEW_PASSPHRASE  For change, the new one",
  },
  "export": {
    operands: ["FILE"],
    summary: "Write the whole profile to a file",
    details:
      "Always under a passphrase: the profile's own, or one that is asked for (see passphrase).\n" +
      "To move the profile: import FILE at the new place, and use it at the old one no more. A\n" +
      "profile must not be used at two places at a time.",
  },
  "import": {
    operands: ["FILE"],
    summary: "Make a profile of an exported one",
    details: "Into the folder of --profile, which must not hold a profile yet. Asks no server.",
  },
  "server": {
    operands: ["[forget]"],
    summary: "Show the server's address and key",
    details:
      "The key is the one seen at the first contact, or demanded by HOST:PORT#KEY; a server\n" +
      "that shows another is refused. With forget, the next key that the server shows is\n" +
      "accepted: do this only when its operator has told you that the key has changed.",
  },
  "test": {
    operands: [],
    summary: "Run automatic tests against the server",
    details:
      "Registers a few clients with random names, which stay on the server. The profile is\n" +
      "not touched.",
  },
};

const GLOBAL_HELP = `Global options:
  --profile DIR      Folder of the profile (default: the current folder)
  --server HOST:PORT Server's address (default: server.info in the profile). With
                     HOST:PORT#KEY the server must have this key, see
                     messaging-server fingerprint
  --json             Results as JSON, one object a line
  --quiet            Nothing on standard error but errors
  -h, --help         Show this help, or that of a command
  --version          Show the version`;

/** The help of one command, or of the whole program. */
export function helpText(command?: CommandName): string {
  if (command === undefined) {
    const width = Math.max(...Object.keys(COMMANDS).map((name) => synopsis(name).length));
    const lines = Object.entries(COMMANDS).map(([name, { summary }]) =>
      `  ${synopsis(name).padEnd(width)}  ${summary}`
    );
    return `Usage: messaging-client [options] [command]

Sends and receives end-to-end encrypted messages and files.

Commands:
${lines.join("\n")}

${GLOBAL_HELP}

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`;
  }
  const { summary, details } = COMMANDS[command];
  return `Usage: messaging-client [options] ${synopsis(command)}\n\n${summary}.\n\n${details}\n\n` +
    GLOBAL_HELP;
}

function synopsis(name: string): string {
  return [name, ...COMMANDS[name as CommandName].operands].join(" ");
}
